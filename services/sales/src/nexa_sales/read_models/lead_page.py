"""What does a rep need to see of a lead before calling? All of it in one answer, joined from this service's own tables.

One statement that puts it into one JSON value: a page that everybody opens all day costs one way to the database and back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from nexa_chassis.http.call import Call
from nexa_sales.read_models.lead_history import FOLLOWS

_PAGE = """
with standing as (
  select s.*, reps.name as rep_name from lead_standings s left join reps using (rep_id) where lead_id = %s
),
profile as (
  select * from lead_profiles where lead_id = %s and campaign_id is not null
),
task as (
  select tasks.*, person.first_name, person.last_name, person.company
  from tasks left join lead_profiles person using (lead_id) where lead_id = %s
),
entry as (
  select event_id, event, occurred_at, recorded_at, actor, summary from lead_history
  where lead_id = %s or deal_id = (select deal_id from standing)
  union all
  select event_id, event, occurred_at, recorded_at, actor, summary from lead_history_elsewhere
  where lead_id = %s or deal_id = (select deal_id from standing)
  order by occurred_at desc, event_id desc limit 200
)
select json_build_object(
  'standing', (select to_json(standing) from standing),
  'profile', (select to_json(profile) from profile),
  'because', (
    select data->'because' from events, standing
    where stream = 'assignment-' || standing.lead_id and events.version = standing.decided_at_version
  ),
  'downloads', (select coalesce(json_agg(name order by name), '[]') from lead_downloads where lead_id = %s),
  'tasks', (select coalesce(json_agg(task order by due_at, task_id), '[]') from task),
  'history', (select coalesce(json_agg(entry), '[]') from entry)
)
"""
"""Of the history the latest 200 entries of the lead and of the deal it became."""

CLOCK = ("clock_from", "contacted_at", "closed_at")


@dataclass(frozen=True)
class LeadRows:
    """`standing` is what sales did with the lead, `profile` what others told of it; either may still be on its way.

    Values are as JSON has them (ids and times are text), but for the times of the lead's clock. The history is in the order
    in which things happened.
    """

    standing: Mapping[str, Any] | None
    because: Mapping[str, Any] | None
    profile: Mapping[str, Any] | None
    downloads: list[str]
    tasks: list[dict[str, Any]]
    history: list[dict[str, Any]]


async def lead_rows(call: Call, lead_id: UUID) -> LeadRows | None:
    """None for a lead that nothing is known of here."""
    rows = LeadRows(**await call.ask(_PAGE, *[str(lead_id)] * _PAGE.count("%s")))
    if rows.standing is None and rows.profile is None:
        return None
    rows.history.sort(key=_place)
    times = {
        name: datetime.fromisoformat(rows.standing[name]) for name in CLOCK if rows.standing and rows.standing[name]
    }
    return replace(rows, standing={**rows.standing, **times}) if rows.standing else rows


def _place(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """What happened at one moment (a simulated clock stands still for long) is told in the order in which it follows."""
    aggregate, _, rest = entry["event_id"].partition("-")
    version = int(rest.rpartition("@")[2])
    moments = (datetime.fromisoformat(entry[name]) for name in ("occurred_at", "recorded_at"))
    return *moments, FOLLOWS.get(aggregate, len(FOLLOWS)), version, entry["event_id"]
