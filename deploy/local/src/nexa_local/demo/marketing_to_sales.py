"""Marketing to sales: a webinar's 500 registrants become scored, routed, followed-up and converted leads."""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.panel import Panel
from rich.table import Table

from nexa_local.demo.telling import MONDAY, Story, chapter, console, every, get, rep_id, send, value_of
from nexa_local.importing import run_import
from nexa_local.mailsink import kept

ACME = "Acme Corp"
REGISTRANTS = Path(__file__).parent.parent / "demo_data" / "registrants.csv"
SENIORS = (
    *("Maria Lind", "Jonas Weber", "Aisha Khan", "Pedro Alvarez", "Hanna Virtanen"),
    *("Liam Byrne", "Chloe Martin", "Noah Silva", "Yuki Mori", "Sara Novak"),
)
STANDARDS = tuple(
    f"{first} {last}"
    for first in ("Alex", "Kim", "Robin", "Sam", "Toni")
    for last in ("Berg", "Costa", "Duval", "Evans")
)
AMOUNT = "50000.00"


def tell(story: Story) -> str:
    """Gives the campaign's id."""
    with chapter("A roster and a campaign"):
        list_roster(story)
        campaign = plan_campaign(story)
    with chapter("500 registrants become leads"):
        import_registrants(story, campaign)
    with chapter("The funnel"):
        show_funnel(story, campaign)
    with chapter("Follow-ups"):
        tasks = show_tasks(story, campaign)
    with chapter("Mails"):
        show_mails(story)
    with chapter("Why this score, why this rep"):
        show_lead(story, campaign)
    with chapter("A day passes"):
        follow_up(story, tasks)
    with chapter("Conversion"):
        convert(story, campaign)
    return campaign


def list_roster(story: Story) -> None:
    """Two managers, ten senior reps of equal capacity, twenty standard ones."""
    managers = {"senior": "Victor Stone", "standard": "Wilma Falk"}
    for name in managers.values():
        _put_rep(story, name, "manager", capacity=0, manager=None)
    for level, names, capacity in (("senior", SENIORS, 20), ("standard", STANDARDS, 30)):
        for name in names:
            _put_rep(story, name, level, capacity=capacity, manager=managers[level])


def _put_rep(story: Story, name: str, level: str, *, capacity: int, manager: str | None) -> None:
    body = {
        "name": name,
        "email": f"{name.lower().replace(' ', '.')}@nexa.example",
        "level": level,
        "capacity": capacity,
        "manager_id": str(rep_id(manager)) if manager else None,
    }
    send(story.manager, "PUT", f"/reps/{rep_id(name)}", body)


def plan_campaign(story: Story) -> str:
    made = send(
        story.marketing,
        "POST",
        "/campaigns",
        {
            "name": "Q4 Product Webinar",
            "type": "webinar",
            "start_date": "2025-11-15",
            "goal": "Generate 100 qualified leads",
            "budget": 5000,
            "target_audience": "Enterprise IT Managers",
            "source_label": "Webinar Q4",
        },
    )
    return str(made["campaign_id"])


def import_registrants(story: Story, campaign: str) -> dict[str, Any]:
    began = time.monotonic()
    body = {
        "campaign_id": campaign,
        "filename": REGISTRANTS.name,
        "source_label": "Webinar Q4",
        "source_kind": "webinar",
    }
    done = run_import(story.marketing, REGISTRANTS, body, quiet=True)
    story.settle()
    console.print(f"  imported, scored, routed, every mail sent: {time.monotonic() - began:.1f} s")
    story.checks.expect("leads created", 500, done["created"])
    story.checks.expect(
        "rows accounted for", done["rows"], sum(done[name] for name in ("created", "updated", "duplicate", "rejected"))
    )
    table = Table("line", "column", "why it was rejected", title="Rows to mend and send again")
    for row in every(story.marketing, f"/imports/{done['import_id']}/rejects"):
        table.add_row(str(row["line"]), row["column"] or "", row["reason"])
    console.print(table)
    return done


def show_funnel(story: Story, campaign: str) -> None:
    metrics = get(story.marketing, f"/campaigns/{campaign}/metrics")
    bands = {band: figures["leads"] for band, figures in metrics["bands"].items()}
    for band, expected in (("high", 50), ("medium", 200), ("low", 250)):
        console.print(f"  {band:7} {'█' * (bands[band] // 10)} {bands[band]}")
        story.checks.expect(f"{band} leads", expected, bands[band])
    leads = list(every(story.manager, "/leads", campaign_id=campaign))
    of_rep = Counter(lead["rep_id"] for lead in leads if lead["band"] == "high" and lead["status"] == "assigned")
    story.checks.expect("hot leads of each senior rep", [5] * 10, sorted(of_rep.values()))
    story.checks.expect("leads left to the nurture series", 250, sum(lead["status"] == "nurture" for lead in leads))
    story.checks.expect("leads waiting for a rep", 0, sum(lead["status"] == "waiting" for lead in leads))


def show_tasks(story: Story, campaign: str) -> list[dict[str, Any]]:
    tasks = list(every(story.manager, "/tasks"))
    tasks = [task for task in tasks if task["campaign_id"] == campaign]
    kinds = Counter((task["title"], task["priority"], _hours(task["due_at"])) for task in tasks)
    table = Table("task", "priority", "due in", "how many")
    for (title, priority, hours), count in sorted(kinds.items()):
        table.add_row(title, priority, f"{hours} h", str(count))
    console.print(table)
    expected = {
        ("Call hot webinar lead", "urgent", 24): 50,
        ("Follow up on webinar attendee", "normal", 48): 200,
    }
    story.checks.expect("tasks by kind, priority and hours", expected, dict(kinds))
    return tasks


def _hours(due_at: str) -> int:
    return round((datetime.fromisoformat(due_at) - MONDAY).total_seconds() / 3600)


def show_mails(story: Story) -> None:
    mails = kept(Path(story.stack.mail_directory))
    subjects = Counter(str(mail["subject"]) for mail in mails)
    thanks = sum(count for subject, count in subjects.items() if subject.startswith("Thank you"))
    story.checks.expect("thank-you mails", 500, thanks)
    story.checks.expect("notices of hot leads, one a rep", 10, subjects["5 new high-priority leads assigned"])
    story.checks.expect(
        "notices in all, one a rep", 30, sum(count for subject, count in subjects.items() if "assigned" in subject)
    )
    story.checks.expect("first mails of the nurture series", 250, subjects["More from Q4 Product Webinar"])
    story.checks.expect("mails sent twice", 0, len(mails) - len({str(mail["message_id"]) for mail in mails}))


def show_lead(story: Story, campaign: str) -> None:
    """The lead of the seed: 85 points, and why; then an IT Director who opens a mail."""
    leads = {
        (lead["first_name"], lead["last_name"]): lead for lead in every(story.manager, "/leads", campaign_id=campaign)
    }
    page = get(story.rep, f"/leads/{leads['Sarah', 'Okafor']['lead_id']}")
    engagement = page["engagement"]
    story.checks.expect("Sarah Okafor's score", 85, page["score"])
    story.checks.expect("recommendation", "High buying intent, call within 24h", page["recommendation"])
    facts = (engagement["attended"], engagement["questions_asked"], engagement["content_downloaded"])
    story.checks.expect("attended, questions, downloads", (True, 2, ["Product brochure"]), facts)
    why = "\n".join(f"  +{factor['points']:<3} {factor['because']}" for factor in page["factors"])
    taken = next(candidate for candidate in page["because"]["candidates"] if candidate["taken"])
    others = [candidate for candidate in page["because"]["candidates"] if not candidate["taken"]][:4]
    passed = "\n".join(f"  {candidate['name']}: {candidate['reason']}" for candidate in others)
    console.print(
        Panel(
            f"[bold]{page['first_name']} {page['last_name']}[/], {page['title']} at {page['company']}\n\n"
            f"Why {page['score']}?\n{why}\n\nWhy {taken['name']}? {page['because']['rule']}: {taken['reason']}\n{passed}\n\n"
            f"[bold]{page['recommendation']}[/]",
            title="One lead's page",
            width=100,
        )
    )
    director = leads["Daniel", "Brandt"]["lead_id"]
    story.checks.expect("Daniel Brandt's score before", 50, get(story.rep, f"/leads/{director}")["score"])
    send(story.marketing, "POST", f"/leads/{director}/engagements", {"kind": "email_opened", "detail": "Thank you"})
    story.settle()
    page = get(story.rep, f"/leads/{director}")
    story.checks.expect("and after he opened a mail", (55, "medium"), (page["score"], page["band"]))


def follow_up(story: Story, tasks: list[dict[str, Any]]) -> None:
    """Reps call all but five of the hot leads in time, Acme's first; the five are told to the manager after 24 hours."""
    leads = every(story.manager, "/leads", campaign_id=tasks[0]["campaign_id"])
    acme = {lead["lead_id"] for lead in leads if lead["company"] == ACME}
    hot = [task for task in tasks if task["priority"] == "urgent"]
    hot.sort(key=lambda task: task["lead_id"] not in acme)
    for task in hot[:-5]:
        send(
            story.rep,
            "POST",
            f"/tasks/{task['task_id']}/complete",
            {"outcome": "Reached, wants a demo", "found_interest": True},
        )
    before = len(kept(Path(story.stack.mail_directory)))
    story.settle()
    reached = story.advance(timedelta(hours=24))
    console.print(f"  it is {reached:%A, %Y-%m-%d %H:%M} now")
    overdue = list(every(story.manager, "/tasks", overdue="true"))
    story.checks.expect("hot leads nobody called in 24 h", 5, len(overdue))
    new = kept(Path(story.stack.mail_directory))[before:]
    told = [mail for mail in new if str(mail["subject"]).startswith("Overdue")]
    story.checks.expect(
        "told to the manager",
        {"victor.stone@nexa.example": 5},
        dict(Counter(str(to) for mail in told for to in _recipients(mail))),
    )


def _recipients(mail: Mapping[str, object]) -> list[str]:
    found = mail["to"]
    return [str(each) for each in found] if isinstance(found, list) else []


def convert(story: Story, campaign: str) -> None:
    """30 of the 50 hot leads and 40 of the 200 medium ones become deals of $50K; Acme's is among them."""
    leads = list(every(story.manager, "/leads", campaign_id=campaign, status="assigned"))
    leads.sort(key=lambda lead: lead["company"] != ACME)
    chosen = [lead for lead in leads if lead["band"] == "high"][:30] + [
        lead for lead in leads if lead["band"] == "medium"
    ][:40]
    for lead in chosen:
        amount = {"amount": {"amount": AMOUNT, "currency": "USD"}}
        send(story.rep, "POST", f"/leads/{lead['lead_id']}/convert", amount)
    story.settle()
    story.checks.expect(
        "deals in Qualification", 70, sum(1 for _ in every(story.manager, "/deals", stage="qualification"))
    )
    metrics = get(story.marketing, f"/campaigns/{campaign}/metrics")
    story.checks.expect("converted of High", (30, Decimal("0.6")), _converted(metrics, "high"))
    story.checks.expect("converted of Medium", (40, Decimal("0.2")), _converted(metrics, "medium"))
    story.checks.expect("pipeline", Decimal("3500000.00"), Decimal(metrics["pipeline"]["amount"]))
    story.checks.expect("pipeline multiple (pipeline ÷ cost)", Decimal(700), value_of(metrics["pipeline_multiple"]))


def _converted(metrics: Mapping[str, Any], band: str) -> tuple[int, Decimal]:
    figures = metrics["bands"][band]
    return figures["converted"], value_of(figures["conversion"])
