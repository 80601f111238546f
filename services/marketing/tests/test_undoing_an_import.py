"""Taking an import back: each field of a lead is again what it was, unless somebody built on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from nexa_chassis.domain import Recorded
from nexa_chassis.testing import NOW, given
from nexa_contracts.marketing import CompanySize, Engagement, EngagementKind, LeadWithdrawn
from nexa_marketing.lead.decisions import (
    ChangeLead,
    EngageLead,
    ImportLead,
    RegisterLead,
    UndoImport,
    WithdrawLead,
    lead,
)
from nexa_marketing.lead.events import LeadImportUndone
from nexa_marketing.lead.state import Active, LeadOrigin, NoLead, Profile
from nexa_marketing.lead.undo import Undoing, flat, laid_over, undoing

LEAD, HOME, AWAY = UUID(int=1), UUID(int=2), UUID(int=3)
FIRST, SECOND, THIRD = (UUID(int=number) for number in (11, 12, 13))
ADA = Profile(email="ada@alder.example", title="CTO", attributes={"Seat": "1"})


@dataclass
class History:
    """A lead's facts as the store would hold them."""

    facts: tuple[Recorded, ...] = ()

    @property
    def state(self) -> Any:
        state: Any = lead.initial
        for fact in self.facts:
            state = lead.evolve(state, fact.event)
        return state

    def do(self, command: Any, import_id: UUID | None = None) -> None:
        for event in lead.decide(command, self.state, NOW):
            fact = Recorded(
                stream=f"lead-{LEAD}",
                source="/nexa/marketing",
                version=len(self.facts) + 1,
                previous=None,
                type=type(event).__name__,
                event=event,
                time=NOW + timedelta(minutes=len(self.facts)),
                recorded_at=NOW,
                actor="maria",
                correlation_id="c",
                causation_id=f"lead_import-{import_id}@4" if import_id else None,
                traceparent=None,
            )
            self.facts = (*self.facts, fact)

    def imported(self, import_id: UUID, profile: Profile, campaign_id: UUID = HOME) -> None:
        self.do(ImportLead(LEAD, LeadOrigin(campaign_id, "Webinar", import_id, 2), profile), import_id)

    def reverted(self, import_id: UUID) -> Undoing:
        """Do what a revert of this import does to the lead."""
        undo = undoing(self.facts, import_id)
        if undo.created:
            self.do(WithdrawLead(LEAD, "reverted"), import_id)
        elif undo.changed:
            self.do(UndoImport(LEAD, import_id, undo.values, undo.joined), import_id)
        return undo


def registered(profile: Profile = ADA) -> History:
    history = History()
    history.do(RegisterLead(LEAD, LeadOrigin(HOME, "Webinar"), profile))
    return history


def test_an_update_is_undone_field_by_field() -> None:
    history = registered()
    before = history.state
    row = Profile(title="CEO", company="Alder", attributes={"Seat": "9", "Hat": "red"})
    history.imported(FIRST, replace(row, engagement=Engagement(attended=True, questions_asked=2)), AWAY)
    assert history.state.campaigns == {HOME, AWAY}
    undo = history.reverted(FIRST)
    assert set(undo.values) == {
        "title", "company", "attributes.Seat", "attributes.Hat", "engagement.attended", "engagement.questions_asked",
    }  # fmt: skip
    assert undo.freed == {"CEO", "Alder", "9", "red"}
    assert history.state == before


def test_a_field_that_a_person_changed_since_is_a_conflict_and_left_alone() -> None:
    history = registered()
    history.imported(FIRST, Profile(title="CEO", company="Alder"))
    history.do(ChangeLead(LEAD, {"title": "CFO"}))
    undo = history.reverted(FIRST)
    (conflict,) = undo.conflicts
    assert (conflict.field, conflict.before, conflict.imported, conflict.now) == ("title", "CTO", "CEO", "CFO")
    assert conflict.fact.actor == "maria"
    assert (history.state.profile.title, history.state.profile.company) == ("CFO", None)


def test_a_change_and_its_change_back_is_a_touch_too() -> None:
    history = registered()
    history.imported(FIRST, Profile(title="CEO"))
    history.do(ChangeLead(LEAD, {"title": "CFO"}))
    history.do(ChangeLead(LEAD, {"title": "CEO"}))
    assert [conflict.field for conflict in history.reverted(FIRST).conflicts] == ["title"]


def test_an_import_that_has_nothing_left_to_give_back_hides_no_later_edit() -> None:
    history = registered()
    history.imported(FIRST, Profile(title="CEO"))
    history.imported(SECOND, Profile(title="CTO"))
    for import_id in (FIRST, SECOND):
        history.reverted(import_id)
    history.do(ChangeLead(LEAD, {"title": "CFO"}))
    history.imported(THIRD, Profile(title="CIO"))
    history.reverted(THIRD)
    assert history.state.profile.title == "CFO"


def test_an_import_taken_back_that_changes_nothing_to_see_stands_in_the_way_of_no_other() -> None:
    history = registered()
    before = history.state
    for import_id, title in ((FIRST, "CEO"), (SECOND, "CIO"), (THIRD, "CEO")):
        history.imported(import_id, Profile(title=title))
    for import_id in (SECOND, THIRD, FIRST):
        history.reverted(import_id)
    assert history.state == before


def test_what_a_lead_did_later_stays() -> None:
    history = registered()
    history.imported(FIRST, Profile(engagement=Engagement(questions_asked=1, attended=True)))
    history.do(EngageLead(LEAD, EngagementKind.QUESTION_ASKED, NOW))
    assert [conflict.field for conflict in history.reverted(FIRST).conflicts] == ["engagement.questions_asked"]
    assert history.state.profile.engagement == Engagement(questions_asked=2)


def test_a_lead_that_the_import_made_is_withdrawn_whatever_was_changed_about_it() -> None:
    history = History()
    history.imported(FIRST, ADA)
    history.do(ChangeLead(LEAD, {"title": "CFO"}))
    undo = history.reverted(FIRST)
    assert undo.created
    assert undo.edited is not None
    assert isinstance(history.facts[-1].event, LeadWithdrawn)


def test_two_imports_taken_back_in_either_order_leave_the_lead_as_it_was() -> None:
    for order in ((FIRST, SECOND), (SECOND, FIRST)):
        history = registered()
        before = history.state
        history.imported(FIRST, Profile(title="CEO", company="Alder"))
        history.imported(SECOND, Profile(title="CFO", phone="1"))
        conflicts = [len(history.reverted(import_id).conflicts) for import_id in order]
        assert conflicts == ([1, 0] if order[0] == FIRST else [0, 0])
        assert history.state == before


def test_an_import_is_undone_once() -> None:
    history = registered()
    history.imported(FIRST, Profile(title="CEO"))
    history.reverted(FIRST)
    assert not undoing(history.facts, FIRST).changed


def test_a_withdrawn_lead_is_left_alone() -> None:
    history = registered()
    history.imported(FIRST, Profile(title="CEO"))
    events = [fact.event for fact in history.facts]
    withdrawn = LeadWithdrawn(lead_id=LEAD, campaign_id=HOME, reason="asked us to")
    given(lead, *events, withdrawn).when(UndoImport(LEAD, FIRST, {"title": "CTO"})).then()


def test_a_lead_that_only_joined_a_campaign_leaves_it() -> None:
    history = registered()
    history.imported(FIRST, ADA, AWAY)
    history.reverted(FIRST)
    assert history.state.campaigns == {HOME}
    assert history.facts[-1].event == LeadImportUndone(lead_id=LEAD, import_id=FIRST, left=AWAY)


texts = st.sampled_from([None, "a", "b"])
profiles = st.builds(
    Profile,
    title=texts,
    company=texts,
    company_size=st.sampled_from([CompanySize.UNKNOWN, CompanySize.SMALL, CompanySize.ENTERPRISE]),
    engagement=st.builds(
        Engagement,
        attended=st.booleans(),
        questions_asked=st.integers(0, 2),
        content_downloaded=st.lists(st.sampled_from(["x", "y"]), unique=True).map(tuple),
    ),
    attributes=st.dictionaries(st.sampled_from(["Seat", "Hat"]), st.sampled_from(["1", "2"])),
)
imports = st.tuples(st.just("import"), st.sampled_from([SECOND, THIRD]), profiles)
changes = st.tuples(st.just("change"), st.dictionaries(st.sampled_from(["title", "company"]), texts, min_size=1))
engagements = st.tuples(st.just("engage"), st.sampled_from(list(EngagementKind)))
reverts = st.tuples(st.just("revert"), st.sampled_from([SECOND, THIRD]))
edits = st.lists(st.one_of(imports, changes, engagements, reverts), max_size=6)


def apply(history: History, steps: Sequence[tuple[Any, ...]]) -> None:
    """Each import runs once; one that was taken back does not come again."""
    seen: set[UUID] = set()
    for step in steps:
        match step:
            case "import", import_id, profile if import_id not in seen:
                seen.add(import_id)
                history.imported(import_id, profile, AWAY)
            case "change", fields:
                history.do(ChangeLead(LEAD, fields))
            case "engage", kind:
                history.do(EngageLead(LEAD, kind, NOW))
            case "revert", import_id:
                history.reverted(import_id)
            case _:
                pass


def touched_after(history: History, start: int) -> set[str]:
    """Fields that facts of others than imports changed after this many facts."""
    names: set[str] = set()
    state: Any = lead.initial
    for place, fact in enumerate(history.facts):
        before, state = state, lead.evolve(state, fact.event)
        if place >= start and fact.causation_id is None and isinstance(before, Active):
            old, new = flat(before.profile), flat(state.profile)
            names |= {name for name in {**old, **new} if old.get(name) != new.get(name)}
    return names


@settings(max_examples=400, deadline=None)
@for_all(before=edits, row=profiles, after=edits)
def test_import_then_revert_is_before_for_every_interleaving_of_later_edits(
    before: list[tuple[Any, ...]], row: Profile, after: list[tuple[Any, ...]]
) -> None:
    """Without the row nothing but the fields that somebody else touched since may look different from with row and revert."""
    history = registered()
    apply(history, before)
    known = flat(history.state.profile)
    history.imported(FIRST, row, UUID(int=4))
    imported = flat(history.state.profile)
    start = len(history.facts)
    apply(history, after)
    now = flat(history.state.profile)
    undo = history.reverted(FIRST)
    reverted = flat(history.state.profile)
    own = {name for name in {**known, **imported} if known.get(name) != imported.get(name)}
    assert {name for name in {**now, **reverted} if now.get(name) != reverted.get(name)} <= own
    conflicts = {conflict.field for conflict in undo.conflicts}
    for name in own:
        if name in conflicts:
            assert reverted.get(name) == now.get(name)
        elif not any(step[0] in {"import", "revert"} for step in after):
            assert reverted.get(name) == known.get(name)
    if not any(step[0] in {"import", "revert"} for step in after):
        assert conflicts == own & touched_after(history, start)
    assert UUID(int=4) not in history.state.campaigns
    assert not undoing(history.facts, FIRST).changed


@settings(max_examples=200, deadline=None)
@for_all(
    rows=st.lists(profiles, min_size=3, max_size=3),
    order=st.permutations([FIRST, SECOND, THIRD]),
    taken_back=st.permutations([FIRST, SECOND, THIRD]),
)
def test_imports_taken_back_in_any_order_leave_the_lead_as_it_was(
    rows: list[Profile], order: list[UUID], taken_back: list[UUID]
) -> None:
    history = registered()
    before = history.state
    for import_id, row in zip(order, rows, strict=True):
        history.imported(import_id, row)
    for import_id in taken_back:
        history.reverted(import_id)
    assert history.state == before


@for_all(known=profiles, told=profiles)
def test_flat_fields_laid_over_a_profile_give_the_profile_they_came_from(known: Profile, told: Profile) -> None:
    values = {name: None for name in flat(known) if name.startswith("attributes.")} | flat(told)
    assert laid_over(known, values) == told


def test_an_unknown_lead_has_nothing_to_undo() -> None:
    assert isinstance(History().state, NoLead)
    assert undoing((), FIRST) == Undoing()
