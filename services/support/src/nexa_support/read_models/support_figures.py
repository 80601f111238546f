"""How soon is answered and resolved, how content are customers, do fixes hold, and what lies there?

Every figure is counted in one statement, for all tickets and by group at once. A ticket that goes on in another one is
counted there only.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_contracts.support import ClockState, SlaClock
from nexa_support.read_models.ticket_list import SETTLED


class By(StrEnum):
    """What figures are told apart by, as the ticket is now."""

    TEAM = "team"
    AGENT = "agent"
    SEVERITY = "severity"
    TYPE = "type"
    FEATURE = "feature"
    CHANNEL = "channel"
    WEEK = "week"
    MONTH = "month"


GROUPS: Mapping[By, tuple[str, str]] = {
    By.TEAM: ("manager.agent_id::text", "manager.name"),
    By.AGENT: ("agent.agent_id::text", "agent.name"),
    By.SEVERITY: ("t.severity", "t.severity"),
    By.TYPE: ("t.type", "t.type"),
    By.FEATURE: ("t.feature", "t.feature"),
    By.CHANNEL: ("t.channel", "t.channel"),
    By.WEEK: ("""to_char(t.submitted_at at time zone 'UTC', 'IYYY-"W"IW')""",) * 2,
    By.MONTH: ("to_char(t.submitted_at at time zone 'UTC', 'YYYY-MM')",) * 2,
}
"""Key and name of a ticket's group."""

ROSTER = (
    " left join agents agent on agent.agent_id = t.agent_id"
    " left join agents manager on manager.agent_id = agent.manager_id"
)
COURSE = """
select {key} as key, {name} as name, t.csat, t.csat_asked_at,
  extract(epoch from answered.at - t.submitted_at) as acknowledged_after,
  acknowledge.state as acknowledge,
  extract(epoch from t.resolved_at - t.submitted_at) as resolved_after,
  case when t.resolved_at is not null then resolve.used_seconds end as worked,
  resolve.state as resolve,
  case when t.resolved_bug_id is not null and t.deployment_id is not null
    then (t.resolved_bug_id, t.deployment_id)::text end as fix,
  fix.recurred_at
from tickets t {roster}
left join lateral (
  select min(m.at) as at from ticket_moves m where m.ticket_id = t.ticket_id and m.move = 'answered'
) answered on true
left join ticket_promises acknowledge on acknowledge.ticket_id = t.ticket_id and acknowledge.clock = :acknowledge
left join ticket_promises resolve on resolve.ticket_id = t.ticket_id and resolve.clock = :resolve
left join bug_fixes fix on fix.bug_id = t.resolved_bug_id and fix.deployment_id = t.deployment_id
where t.submitted_at >= :begin and t.submitted_at < :end and t.into_id is null {of_account}
"""
COUNTED = """
with course as ({course})
select grouping(key) = 1 as is_total, key, max(name) as name, count(*) as tickets,
  count(acknowledged_after) as acknowledged,
  percentile_cont(0.5) within group (order by acknowledged_after) as acknowledge_median,
  percentile_cont(0.9) within group (order by acknowledged_after) as acknowledge_p90,
  count(*) filter (where acknowledge = :met) as acknowledge_kept,
  count(*) filter (where acknowledge in (:met, :breached)) as acknowledge_promises,
  count(resolved_after) as resolved,
  percentile_cont(0.5) within group (order by resolved_after) as resolve_median,
  percentile_cont(0.9) within group (order by resolved_after) as resolve_p90,
  percentile_cont(0.5) within group (order by worked) as working_median,
  percentile_cont(0.9) within group (order by worked) as working_p90,
  count(*) filter (where resolve = :met) as resolve_kept,
  count(*) filter (where resolve in (:met, :breached)) as resolve_promises,
  avg(csat) as csat_average, count(csat) as csat_answers, count(csat_asked_at) as csat_asked,
  count(fix) as closed_by_fix, count(distinct fix) as fixes,
  count(distinct fix) filter (where recurred_at is not null) as recurred
from course group by grouping sets ((), (key)) order by is_total desc, key nulls last
"""
BACKLOG = """
with lying as (
  select {key} as key, {name} as name, extract(epoch from cast(:at as timestamptz) - t.submitted_at) as age
  from tickets t {roster}
  cross join lateral (
    select (array_agg(m.move order by m.version desc, m.place desc)
        filter (where m.move in ('submitted', 'settled', 'reopened')))[1] as work,
      (array_agg(m.move order by m.version desc, m.place desc) filter (where m.move in ('merged', 'unmerged')))[1] as place
    from ticket_moves m where m.ticket_id = t.ticket_id and m.at <= :at
  ) stood
  where t.submitted_at <= :at and (t.work_status != all(cast(:settled as text[])) or t.changed_at > :at)
    and stood.work != 'settled' and stood.place is distinct from 'merged'
)
select grouping(key) = 1 as is_total, key, max(name) as name, count(*) as tickets,
  percentile_cont(0.5) within group (order by age) as age_median,
  percentile_cont(0.9) within group (order by age) as age_p90, max(age) as age_oldest
from lying group by grouping sets ((), (key)) order by is_total desc, key nulls last
"""


def _by(sql: str, by: By | None) -> TextClause:
    key, name = GROUPS[by] if by is not None else ("null::text", "null::text")
    return text(sql.format(key=key, name=name, roster=ROSTER))


async def course_figures(
    connection: AsyncConnection, begin: datetime, end: datetime, by: By | None, account_id: UUID | None
) -> Sequence[Mapping[str, Any]]:
    """Of the tickets submitted in the period: the total first, then each group."""
    given: dict[str, object] = {
        "begin": begin,
        "end": end,
        "acknowledge": SlaClock.ACKNOWLEDGE.value,
        "resolve": SlaClock.RESOLVE.value,
        "met": ClockState.MET.value,
        "breached": ClockState.BREACHED.value,
    }
    if account_id is not None:
        given["account_id"] = account_id
    of_account = "" if account_id is None else "and t.account_id = :account_id"
    course = COURSE.replace("{of_account}", of_account)
    query = _by(COUNTED.replace("{course}", course), by)
    return await _rows(connection, query, given, by)


async def backlog_figures(connection: AsyncConnection, at: datetime, by: By | None) -> Sequence[Mapping[str, Any]]:
    """Of the tickets on which there was something to do at that time: the total first, then each group."""
    query = _by(BACKLOG, by)
    return await _rows(connection, query, {"at": at, "settled": list(SETTLED)}, by)


async def _rows(
    connection: AsyncConnection, query: TextClause, given: Mapping[str, object], by: By | None
) -> Sequence[Mapping[str, Any]]:
    rows = [dict(row) for row in (await connection.execute(query, given)).mappings()]
    return rows if by is not None else rows[:1]
