"""What happened in the weeks that are reviewed? Asked once for all of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import ContextOfCommands
from nexa_contracts.envelope import Event
from nexa_contracts.support import Severity, TicketType
from nexa_contracts.values import Money
from nexa_support.feature_request.decisions import ENDED
from nexa_support.read_models.account_directory import arr_of
from nexa_support.read_models.feature_names import name_of_features
from nexa_support.weekly_review.decisions import ReviewWeek, Weeks
from nexa_support.weekly_review.reviewing import BugTicket, KnownBug, WeekFacts, Wish
from nexa_support.weekly_review.week import begins

WEEK = timedelta(days=7)
ERROR = r"\m(errors?|exceptions?|traceback|fehlermeldung|(failed|failure) message)\M"
"""In the text of a ticket: it quotes an error message, or speaks of one."""

BUG_TICKET = (
    " left join bugs b on b.bug_id = t.bug_id"
    " where (t.type = :bug or (t.type = :incident and t.bug_id is not null))"
    " and coalesce(t.feature, b.feature) is not null and t.into_id is null"
)
"""An incident is one once a bug is known to be behind it."""
TICKETS = text(
    "with weeks as (select * from unnest(cast(:begins as timestamptz[])) as begins)"
    " select w.begins, coalesce(t.feature, b.feature) as feature, t.severity, t.account_id,"
    " concat_ws(' ', t.subject, t.description) ~* :error as quotes_error"
    " from weeks w join tickets t on t.submitted_at >= w.begins and t.submitted_at < w.begins + interval '168 hours'"
    f"{BUG_TICKET} order by t.submitted_at, t.ticket_id"
)
BEFORE = text(
    "with weeks as (select * from unnest(cast(:begins as timestamptz[])) as begins)"
    " select w.begins, coalesce(t.feature, b.feature) as feature, count(*) as tickets"
    " from weeks w join tickets t on t.submitted_at >= w.begins - interval '168 hours' and t.submitted_at < w.begins"
    f"{BUG_TICKET} group by 1, 2"
)
BUGS = text(
    "with weeks as (select * from unnest(cast(:begins as timestamptz[])) as begins)"
    " select w.begins, b.bug_id, (array_agg(b.title order by b.version desc))[1] as title,"
    " (array_agg(b.severity order by b.version desc))[1] as severity,"
    " (array_agg(b.feature order by b.version desc))[1] as feature,"
    " (array_agg(b.is_dependency order by b.version desc) filter (where b.is_dependency is not null))[1]"
    " as is_dependency,"
    " coalesce(bool_or(b.recurred) filter (where b.at >= w.begins), false) as recurred"
    " from weeks w join bug_turns b on b.at < w.begins + interval '168 hours' group by w.begins, b.bug_id"
    " having bool_or(b.open) filter (where b.at >= w.begins)"
    " or (array_agg(b.open order by b.version desc) filter (where b.at < w.begins and b.open is not null))[1]"
    " order by severity, min(b.at), b.bug_id"
)
WISHES = text(
    "select distinct on (feature) feature, title, votes, target_quarter from feature_requests"
    " where feature is not null and status != all(cast(:ended as text[])) order by feature, votes desc, request_id"
)


async def load(connection: AsyncConnection, commands: Sequence[ReviewWeek]) -> Weeks:
    weeks = {begins(command.week): command.week for command in commands}
    asked = {"begins": list(weeks), "bug": TicketType.BUG.value, "incident": TicketType.INCIDENT.value}
    tickets = _by_week(await connection.execute(TICKETS, {**asked, "error": ERROR}))
    before = _by_week(await connection.execute(BEFORE, asked))
    bugs = _by_week(await connection.execute(BUGS, {"begins": list(weeks)}))
    wishes = await _wishes(connection)
    names = await name_of_features(connection)
    return Weeks(
        {
            week: WeekFacts(
                tickets=[_ticket(row) for row in tickets[at]],
                before={row["feature"]: row["tickets"] for row in before[at]},
                bugs=[_bug(row) for row in bugs[at] if row["feature"] is not None],
                arr=await _arr(connection, tickets[at], at + WEEK),
                names=names,
                wishes=wishes,
            )
            for at, week in weeks.items()
        }
    )


def _by_week(rows: CursorResult[Any]) -> Mapping[datetime, list[RowMapping]]:
    """By when the week begins."""
    weeks: dict[datetime, list[RowMapping]] = defaultdict(list)
    for row in rows.mappings():
        weeks[row["begins"]].append(row)
    return weeks


def _ticket(row: RowMapping) -> BugTicket:
    return BugTicket(row["feature"], Severity(row["severity"]), row["account_id"], row["quotes_error"])


def _bug(row: RowMapping) -> KnownBug:
    return KnownBug(
        bug_id=row["bug_id"],
        feature=row["feature"],
        severity=Severity(row["severity"]),
        title=row["title"],
        is_dependency=row["is_dependency"],
        recurred=row["recurred"],
    )


async def _wishes(connection: AsyncConnection) -> Mapping[str, Wish]:
    rows = await connection.execute(WISHES, {"ended": [each.value for each in ENDED]})
    return {row.feature: Wish(row.title, row.votes, row.target_quarter) for row in rows}


async def _arr(connection: AsyncConnection, tickets: Sequence[RowMapping], at: datetime) -> Mapping[UUID, Money]:
    """What the accounts paid when the week ended, so that a week looked at later says the same."""
    accounts = sorted({row["account_id"] for row in tickets if row["account_id"] is not None}, key=str)
    return await arr_of(connection, accounts, at) if accounts else {}


def evolve(weeks: Weeks, event: Event) -> Weeks:
    """What a transaction that reviews weeks appends beside changes nothing of them."""
    return weeks


weeks_reviewed = ContextOfCommands[Weeks](load=load, evolve=evolve)
