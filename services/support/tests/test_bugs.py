"""A bug from its opening to its fix, and deployments that bring and take back fixes."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from nexa_chassis.testing import given
from nexa_contracts.support import (
    AgentName,
    BugAcknowledged,
    BugChanged,
    BugDeclined,
    BugFixed,
    BugOpened,
    BugReopened,
    BugStatus,
    BugTriaged,
    DeploymentCompleted,
    DeploymentRolledOut,
    DeploymentType,
    DeploymentWithdrawn,
    Severity,
)
from nexa_support.aggregates import bug, deployment
from nexa_support.bug.commands import (
    ChangeBug,
    CheckRecurrence,
    DeclineBug,
    MarkFixed,
    OpenBug,
    ReopenBug,
    TakeBackFix,
    TellCustomers,
    TriageBug,
)
from nexa_support.bug.recurrence import Evidence, Report
from nexa_support.bug.versions import canonical, has_fix
from nexa_support.bug.words import NOT_KNOWN, eta_in_words
from nexa_support.deployment.decisions import CompleteDeployment, RollOut, WithdrawDeployment, deployment_of
from nexa_support.ticket.reference import reference_of

from .stories import DAY, HOUR, MONDAY, TICKET, id_of

BUG = id_of("CSV export failing")
OMAR = AgentName(agent_id=id_of("Omar Haddad"), name="Omar Haddad")
HOTFIX = deployment_of("2.1.6")
LATER = deployment_of("2.2.0")
AGAIN = id_of("Globex's second ticket")
FIELDS: dict[str, Any] = {
    "bug_id": BUG,
    "title": "CSV export failing - missing dependency",
    "severity": Severity.P1,
    "feature": "data_export",
    "feature_name": "CSV export",
}
OPENED = BugOpened(
    **FIELDS, affected_version="2.1.5", workaround="Use JSON export temporarily", reported_by="pria.nair"
)
IN_PROGRESS = BugTriaged(
    **FIELDS,
    engineer=OMAR,
    sprint="2025-W47",
    story_points=2,
    status=BugStatus.IN_PROGRESS,
    eta_at=MONDAY + DAY,
)


def fixed(deployment_id: UUID = HOTFIX, version: str = "2.1.6", percent: int = 100, at: datetime = MONDAY) -> BugFixed:
    return BugFixed(**FIELDS, version=version, deployment_id=deployment_id, rollout_percent=percent, fixed_at=at)


def mark(deployment_id: UUID = HOTFIX, version: str = "2.1.6", percent: int = 100, at: datetime = MONDAY) -> MarkFixed:
    return MarkFixed(bug_id=BUG, deployment_id=deployment_id, version=version, rollout_percent=percent, fixed_at=at)


def reopened(**changes: Any) -> BugReopened:
    return BugReopened(**(FIELDS | changes))


TRIAGE = TriageBug(
    bug_id=BUG,
    engineer=OMAR,
    sprint="2025-W47",
    story_points=2,
    status=BugStatus.IN_PROGRESS,
    eta_at=MONDAY + DAY,
)


def test_a_bug_is_opened_once_from_its_tickets() -> None:
    open_bug = OpenBug(
        **FIELDS,
        affected_version="2.1.5",
        workaround="Use JSON export temporarily",
        reported_by="pria.nair",
        ticket_ids=(TICKET, TICKET),
    )
    opened = OPENED.model_copy(update={"ticket_ids": (TICKET,)})
    given(bug, context=Evidence()).when(open_bug).then(opened)
    given(bug, opened, context=Evidence()).when(open_bug).then()


def test_triage_says_who_mends_it_and_by_when() -> None:
    given(bug, OPENED, context=Evidence()).when(TRIAGE).then(IN_PROGRESS)
    given(bug, OPENED, IN_PROGRESS, context=Evidence()).when(TRIAGE).then()
    done = TriageBug(**{**vars(TRIAGE), "status": BugStatus.FIXED})
    given(bug, OPENED, context=Evidence()).when(done).then_refused(rule="bug.status")
    given(bug, context=Evidence()).when(TRIAGE).then_refused(rule="bug.unknown")
    given(bug, OPENED, fixed(), context=Evidence()).when(TRIAGE).then_refused(rule="bug.fixed")


def test_triage_leaves_what_it_does_not_say_and_takes_away_what_is_to_have_no_value() -> None:
    later = TriageBug(bug_id=BUG, eta_at=MONDAY + 2 * DAY)
    postponed = IN_PROGRESS.model_copy(update={"eta_at": MONDAY + 2 * DAY})
    given(bug, OPENED, IN_PROGRESS, context=Evidence()).when(later).then(postponed)
    given(bug, OPENED, context=Evidence()).when(TriageBug(bug_id=BUG, story_points=3)).then(
        BugTriaged(**FIELDS, story_points=3, status=BugStatus.TRIAGED)
    )
    back = TriageBug(bug_id=BUG, emptied=frozenset({"engineer", "sprint"}))
    nobodys = IN_PROGRESS.model_copy(update={"engineer": None, "sprint": None})
    given(bug, OPENED, IN_PROGRESS, context=Evidence()).when(back).then(nobodys)


def test_a_bug_has_no_feature_any_more_but_always_a_title() -> None:
    of_none = ChangeBug(bug_id=BUG, emptied=frozenset({"feature", "feature_name"}))
    fields = FIELDS | {"feature": None, "feature_name": None}
    given(bug, OPENED, context=Evidence()).when(of_none).then(
        BugChanged(**fields, affected_version="2.1.5", workaround="Use JSON export temporarily")
    )
    untitled = ChangeBug(bug_id=BUG, emptied=frozenset({"title"}))
    given(bug, OPENED, context=Evidence()).when(untitled).then_refused(rule="bug.needed")


def test_a_bug_is_described_better_at_any_time() -> None:
    better = ChangeBug(bug_id=BUG, workaround="Use JSON export")
    changed = BugChanged(**FIELDS, affected_version="2.1.5", workaround="Use JSON export")
    given(bug, OPENED, fixed(), context=Evidence()).when(better).then(changed)
    given(bug, OPENED, changed, context=Evidence()).when(better).then()


def test_a_declined_bug_is_mended_after_all_once_it_is_open_again() -> None:
    decline = DeclineBug(bug_id=BUG, reason="Works as designed")
    declined = BugDeclined(**FIELDS, reason="Works as designed")
    given(bug, OPENED, context=Evidence()).when(decline).then(declined)
    given(bug, OPENED, declined, context=Evidence()).when(decline).then()
    given(bug, OPENED, declined, context=Evidence()).when(TRIAGE).then_refused(rule="bug.declined")
    again = ReopenBug(bug_id=BUG, reason="It is not")
    given(bug, OPENED, declined, context=Evidence()).when(again).then(reopened(reason="It is not"))
    given(bug, OPENED, context=Evidence()).when(again).then()


def test_customers_are_told_in_words_once() -> None:
    told = BugAcknowledged(
        **FIELDS,
        status="In Progress",
        priority="Critical (P1)",
        eta_at=MONDAY + DAY,
        workaround="Use JSON export temporarily",
    )
    tell = TellCustomers(bug_id=BUG)
    given(bug, OPENED, IN_PROGRESS, context=Evidence()).when(tell).then(told)
    given(bug, OPENED, IN_PROGRESS, told, context=Evidence()).when(tell).then()
    given(bug, OPENED, fixed(), context=Evidence()).when(tell).then_refused(rule="bug.fixed")


def test_the_time_of_a_fix_is_said_in_whole_hours_then_days() -> None:
    said = {
        DAY: "Fix deployed within 24 hours",
        DAY - HOUR / 2: "Fix deployed within 24 hours",
        HOUR / 60: "Fix deployed within 1 hour",
        2 * DAY: "Fix deployed within 48 hours",
        2 * DAY + HOUR: "Fix deployed within 3 days",
        0 * DAY: NOT_KNOWN,
        -DAY: NOT_KNOWN,
    }
    assert {ahead: eta_in_words(MONDAY + ahead, MONDAY) for ahead in said} == said
    assert eta_in_words(None, MONDAY) == NOT_KNOWN


def test_a_second_deployment_with_the_fix_changes_nothing_of_the_first() -> None:
    given(bug, OPENED, context=Evidence()).when(mark()).then(fixed())
    given(bug, OPENED, fixed(), context=Evidence()).when(mark()).then()
    second = fixed(LATER, "2.2.0", 30)
    given(bug, OPENED, fixed(), context=Evidence()).when(mark(LATER, "2.2.0", 30)).then(second)
    take_back = TakeBackFix(bug_id=BUG, deployment_id=LATER, reason="Log in fails")
    gone = reopened(
        reason="The deployment of v2.2.0 was withdrawn: Log in fails",
        version="2.2.0",
        deployment_id=LATER,
        withdrawn=True,
    )
    given(bug, OPENED, fixed(), second, context=Evidence()).when(take_back).then(gone, fixed())
    given(bug, OPENED, fixed(), second, gone, fixed(), context=Evidence()).when(take_back).then()
    given(bug, OPENED, fixed(), second, gone, fixed(), context=Evidence()).when(mark(LATER, "2.2.0")).then()


def test_a_roll_out_keeps_when_the_fix_first_came() -> None:
    small = fixed(percent=30)
    given(bug, OPENED, small, context=Evidence()).when(mark(at=MONDAY + DAY)).then(fixed())
    given(bug, OPENED, fixed(), context=Evidence()).when(mark(percent=30)).then()


def test_a_fix_that_did_not_hold_does_not_mend_it_again_by_going_further() -> None:
    again = reopened(reason="x", ticket_id=AGAIN, version="2.1.6", recurred=True, deployment_id=HOTFIX)
    given(bug, OPENED, fixed(percent=30), again, context=Evidence()).when(mark()).then()
    given(bug, OPENED, fixed(percent=30), again, context=Evidence()).when(mark(LATER, "2.2.0")).then(
        fixed(LATER, "2.2.0")
    )


def evidence(
    at: datetime = MONDAY + 2 * DAY, *, everywhere: datetime | None = MONDAY, linked: bool = True, **report: Any
) -> Evidence:
    return Evidence(
        {AGAIN: Report(submitted_at=at, **report)},
        {TICKET: BUG} if linked else {},
        {HOTFIX: everywhere} if everywhere else {},
    )


def is_seen_again(known: Evidence, *history: Any) -> bool:
    check = CheckRecurrence(bug_id=BUG, ticket_id=AGAIN, similar=(TICKET,))
    outcome = given(bug, OPENED, IN_PROGRESS, *(history or (fixed(),)), context=known).when(check)
    assert outcome.refused is None
    return bool(outcome.produced)


def test_a_ticket_like_those_of_the_bug_from_an_account_with_the_fix_reopens_it_and_tells_its_engineer() -> None:
    check = CheckRecurrence(bug_id=BUG, ticket_id=AGAIN, similar=(TICKET,))
    given(bug, OPENED, IN_PROGRESS, fixed(), context=evidence()).when(check).then(
        reopened(
            reason=f"reported again by an account on v2.1.6: {reference_of(AGAIN)} resembles {reference_of(TICKET)}",
            engineer=OMAR,
            ticket_id=AGAIN,
            version="2.1.6",
            deployment_id=HOTFIX,
            recurred=True,
        )
    )


def test_only_a_ticket_of_whom_the_fix_had_reached_counts_and_only_for_thirty_days() -> None:
    reported = (MONDAY + DAY, "2.1.6")
    assert is_seen_again(evidence())
    assert is_seen_again(evidence(everywhere=None, versions=(reported,)))
    assert is_seen_again(evidence(everywhere=None, product_version="v2.1.7"))
    assert is_seen_again(evidence(MONDAY + 30 * DAY))
    assert not is_seen_again(evidence(MONDAY + 30 * DAY + HOUR))
    assert not is_seen_again(evidence(MONDAY - HOUR))
    assert not is_seen_again(evidence(linked=False))
    assert not is_seen_again(evidence(product_version="2.1.5"))
    assert not is_seen_again(evidence(everywhere=None))
    assert not is_seen_again(evidence(everywhere=MONDAY + 3 * DAY))
    assert not is_seen_again(evidence(MONDAY + HOUR, everywhere=None, versions=(reported,)))
    assert not is_seen_again(evidence(versions=((MONDAY + DAY, "2.1.5"),)))
    assert not is_seen_again(evidence(), BugDeclined(**FIELDS, reason="no"))
    assert not is_seen_again(Evidence())


def test_versions_are_compared_as_versions_however_they_are_written() -> None:
    later = [("2.1.6", "2.1.6"), ("v2.1.10", "2.1.6"), ("2.1.6+build.4", "2.1.6"), ("Nightly", "nightly ")]
    assert [has_fix(*pair) for pair in later] == [True] * len(later)
    not_yet = [("2.1.6rc1", "2.1.6"), ("2.1.5", "2.1.6"), ("nightly", "2.1.6"), ("", "2.1.6"), ("9" * 5_000, "2.1.6x")]
    assert [has_fix(*pair) for pair in not_yet] == [False] * len(not_yet)
    assert canonical("v2.1.6") == canonical(" 2.1.6") != canonical("2.1.60")
    assert deployment_of("v2.1.6") == HOTFIX


COMPLETE = CompleteDeployment(
    deployment_id=HOTFIX,
    version="2.1.6",
    deployment_type=DeploymentType.HOTFIX,
    changes=("Fixed CSV export dependency issue",),
    affected_features=("data_export",),
    fixed_bugs=(BUG,),
    rollout_percent=30,
)
COMPLETED = DeploymentCompleted(**{**vars(COMPLETE), "deployed_at": MONDAY})
WHOLE = DeploymentRolledOut(deployment_id=HOTFIX, version="2.1.6", rollout_percent=100, fixed_bugs=(BUG,))
GONE = DeploymentWithdrawn(deployment_id=HOTFIX, version="2.1.6", reason="Log in fails", fixed_bugs=(BUG,))


def test_a_version_is_deployed_once_however_often_it_is_told() -> None:
    given(deployment).when(COMPLETE, now=MONDAY).then(COMPLETED)
    given(deployment, COMPLETED).when(COMPLETE, now=MONDAY + DAY).then()
    further = CompleteDeployment(**{**vars(COMPLETE), "rollout_percent": 100})
    given(deployment, COMPLETED).when(further, now=MONDAY + DAY).then(WHOLE)
    given(deployment, COMPLETED, WHOLE).when(COMPLETE, now=MONDAY + DAY).then()
    other = CompleteDeployment(**{**vars(COMPLETE), "fixed_bugs": ()})
    given(deployment, COMPLETED).when(other, now=MONDAY).then_refused(rule="deployment.version")
    early = CompleteDeployment(**{**vars(COMPLETE), "deployed_at": MONDAY + DAY})
    given(deployment).when(early, now=MONDAY).then_refused(rule="deployment.deployed_at")


def test_a_deployment_goes_further_or_is_taken_back() -> None:
    roll_out = RollOut(deployment_id=HOTFIX, rollout_percent=100)
    given(deployment, COMPLETED).when(roll_out).then(WHOLE)
    given(deployment, COMPLETED, WHOLE).when(roll_out).then()
    less = RollOut(deployment_id=HOTFIX, rollout_percent=20)
    given(deployment, COMPLETED).when(less).then_refused(rule="deployment.rollout")
    withdraw = WithdrawDeployment(deployment_id=HOTFIX, reason="Log in fails")
    given(deployment, COMPLETED).when(withdraw).then(GONE)
    given(deployment, COMPLETED, GONE).when(withdraw).then()
    given(deployment, COMPLETED, GONE).when(roll_out).then_refused(rule="deployment.withdrawn")
    given(deployment, COMPLETED, GONE).when(COMPLETE, now=MONDAY).then_refused(rule="deployment.withdrawn")


@pytest.mark.parametrize("command", [RollOut(deployment_id=HOTFIX, rollout_percent=1)])
def test_what_was_not_deployed_is_not_found(command: RollOut) -> None:
    given(deployment).when(command).then_refused(rule="deployment.unknown")
    given(deployment).when(WithdrawDeployment(deployment_id=HOTFIX, reason="x")).then_refused(rule="deployment.unknown")
