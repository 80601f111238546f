"""Calendar entries as mail programs take them: iCalendar (RFC 5545) by way of iTIP (RFC 5546) requests and cancellations."""

from datetime import datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from nexa_notifier.notification.events import Invitation, Method

PRODUCT = "-//Nexa CRM//notifier//EN"


def calendar_text(invitation: Invitation, *, organizer_name: str, organizer: str, stamped_at: datetime) -> bytes:
    """The entry as a calendar object, the same bytes each time.

    The UID is the meeting's id at the organizer's domain, so that an update or a cancellation finds the entry it is about.
    """
    zone = ZoneInfo(invitation.time_zone)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", invitation.method.value)
    entry = Event()
    entry.add("uid", f"{invitation.meeting_id}@{organizer.partition('@')[2]}")
    entry.add("sequence", invitation.sequence)
    entry.add("dtstamp", stamped_at)
    entry.add("dtstart", invitation.starts_at.astimezone(zone))
    entry.add("dtend", invitation.ends_at.astimezone(zone))
    entry.add("summary", invitation.summary)
    entry.add("description", f"{invitation.agenda}\n\nJoin: {invitation.join_url}")
    entry.add("location", invitation.join_url)
    entry.add("url", invitation.join_url)
    entry.add("status", "CANCELLED" if invitation.method is Method.CANCEL else "CONFIRMED")
    entry.add("organizer", _address(organizer, organizer_name), encode=False)
    for attendee in invitation.attendees:
        address = _address(attendee.email, attendee.name)
        address.params["ROLE"] = vText("REQ-PARTICIPANT")
        address.params["PARTSTAT"] = vText("NEEDS-ACTION")
        address.params["RSVP"] = vText("TRUE")
        entry.add("attendee", address, encode=False)
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    text: bytes = calendar.to_ical()
    return text


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = vText(" ".join(name.replace('"', "'").split()))
    return address
