"""How a bug stands, in words for its customers."""

from datetime import datetime, timedelta
from math import ceil

from nexa_contracts.support import BugStatus, Severity

STATUS = {
    BugStatus.OPEN: "Open",
    BugStatus.TRIAGED: "Confirmed",
    BugStatus.IN_PROGRESS: "In Progress",
    BugStatus.FIXED: "Fixed",
    BugStatus.DECLINED: "Declined",
}
PRIORITY = {
    Severity.P1: "Critical (P1)",
    Severity.P2: "High (P2)",
    Severity.P3: "Normal (P3)",
    Severity.P4: "Low (P4)",
}
NOT_KNOWN = "Not known yet; we will tell you"
HOUR = timedelta(hours=1)
IN_HOURS = 48


def eta_in_words(eta_at: datetime | None, now: datetime) -> str:
    """`Fix deployed within 24 hours`: whole hours, rounded up, up to two days; then whole days. What is past is not known."""
    if eta_at is None or eta_at <= now:
        return NOT_KNOWN
    hours = ceil((eta_at - now) / HOUR)
    if hours <= IN_HOURS:
        return f"Fix deployed within {hours} hour{'' if hours == 1 else 's'}"
    return f"Fix deployed within {ceil(hours / 24)} days"


def feature_in_words(feature: str | None, feature_name: str | None) -> str | None:
    """As customers call it: as somebody named it, else the key's words."""
    return feature_name or (feature.replace("_", " ") if feature else None)
