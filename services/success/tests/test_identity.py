"""Who is whom: records become one customer, customers become one, and two again as if nothing had been."""

from collections.abc import Mapping
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from nexa_chassis.domain import Refused
from nexa_chassis.testing import given, project, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    CustomerProfileChanged,
    FieldConflict,
    IdentitiesMerged,
    IdentitiesUnmerged,
    IdentityLinked,
    Member,
    MemberKind,
    MergedAway,
)
from nexa_success.aggregates import identity
from nexa_success.identity.decisions import (
    BecomePart,
    DismissConflict,
    LeaveParty,
    LinkMember,
    NotePart,
    NoteProfile,
    TakeIn,
    TakeOut,
)
from nexa_success.identity.events import ConflictSettled
from nexa_success.identity.state import (
    PROFILE_FIELDS,
    PartOf,
    Party,
    members_with_parts,
    noted,
    with_part_noted,
    without,
)
from nexa_success.reactions.link_identities import link_identities
from nexa_success.read_models.who_is_whom import party_members, who_is_whom

from .facts_of_a_life import CONTACT, LEAD, account_created, contact_created, lead_converted, lead_created
from .stories import ACCOUNT, MONDAY, id_of

ACME, ACME_INC, HOLDING = id_of("Acme Corp"), id_of("Acme Inc"), id_of("Acme Holding")


def account(party_id: UUID) -> Member:
    return Member(kind=MemberKind.ACCOUNT, member_id=party_id)


class Customers:
    """Parties led by commands; merges go the way that `nexa_success.identity.merging` takes them."""

    def __init__(self, *parties: UUID) -> None:
        self.states: dict[UUID, Any] = {}
        for party_id in parties:
            self.execute(LinkMember(party_id, account(party_id)))

    def execute(self, *commands: Any) -> list[Event]:
        states, events = dict(self.states), list[Event]()
        for command in commands:
            for event in identity.decide(command, states.get(command.party_id, identity.initial), MONDAY):
                states[command.party_id] = identity.evolve(states.get(command.party_id, identity.initial), event)
                events.append(event)
        self.states = states
        return events

    def party(self, party_id: UUID) -> Party:
        state = self.states[party_id]
        found: Party = state.was if isinstance(state, PartOf) else state
        return found

    def fields(self, party_id: UUID) -> dict[str, str]:
        return noted(self.party(party_id).layers)

    def note(self, party_id: UUID, **changes: str) -> list[Event]:
        return self.execute(NoteProfile(party_id, changes))

    def merge(self, party_id: UUID, merged_id: UUID, **changes: Any) -> list[Event]:
        other = self.party(merged_id)
        members, fields = members_with_parts(other), noted(other.layers)
        return self.execute(
            TakeIn(party_id, merged_id, members, fields, "Same company under two names"),
            BecomePart(merged_id, party_id, members, fields, **changes),
        )

    def unmerge(self, party_id: UUID, merged_id: UUID) -> tuple[FieldConflict, ...]:
        fields = noted(without(self.party(party_id).layers, merged_id))
        commands: list[Any] = [TakeOut(party_id, merged_id, "Two after all", fields), LeaveParty(merged_id, party_id)]
        part_id, state = party_id, self.states[party_id]
        while isinstance(state, PartOf):
            above = state.into
            left = noted(with_part_noted(self.party(above).layers, part_id, fields))
            commands.append(NotePart(above, part_id, fields, left))
            part_id, fields, state = above, left, self.states[above]
        events = self.execute(*commands)
        (unmerged,) = [event for event in events if isinstance(event, IdentitiesUnmerged)]
        assert unmerged.fields == self.fields(party_id)
        return unmerged.conflicts


def test_records_are_linked_to_the_account_in_whatever_order_they_come() -> None:
    facts = [recorded(event) for event in (lead_created(), lead_converted(), account_created(), contact_created())]
    expected = {LEAD: ("lead", ACCOUNT), CONTACT: ("contact", ACCOUNT), ACCOUNT: ("account", None)}
    for order in permutations(facts):
        customers, events = Customers(), list[Event]()
        for fact in [*order, *order]:
            for command in link_identities.react(fact, MONDAY):
                events += customers.execute(command)
        rows = project(who_is_whom, *events)
        members = {row["member_id"]: row for row in rows.of(party_members)}
        assert {key: (row["kind"], row["party_id"]) for key, row in members.items()} == expected


def test_a_record_is_linked_once() -> None:
    linked = IdentityLinked(party_id=ACME, member=account(ACME))
    given(identity).when(LinkMember(ACME, account(ACME))).then(linked)
    given(identity, linked).when(LinkMember(ACME, account(ACME))).then()


def test_what_is_noted_stays_until_it_is_changed_and_an_empty_text_blanks_it() -> None:
    customers = Customers(ACME)
    customers.note(ACME, segment="enterprise", notes="Likes mail")
    (event,) = customers.note(ACME, segment="mid-market", notes="")
    assert event == CustomerProfileChanged(
        party_id=ACME, fields={"segment": "mid-market"}, changed=("segment", "notes")
    )
    assert customers.note(ACME, segment="mid-market") == []


def test_fields_of_the_one_that_stays_win_and_blanks_are_filled() -> None:
    customers = Customers(ACME, ACME_INC)
    customers.note(ACME, segment="enterprise")
    customers.note(ACME_INC, segment="startup", website="acme.example")
    merged = customers.merge(ACME, ACME_INC)
    assert merged[0] == IdentitiesMerged(
        party_id=ACME,
        merged_id=ACME_INC,
        members=(account(ACME_INC),),
        fields={"segment": "enterprise", "website": "acme.example"},
        reason="Same company under two names",
    )
    assert merged[-1] == MergedAway(party_id=ACME_INC, into=ACME)
    assert customers.fields(ACME) == {"segment": "enterprise", "website": "acme.example"}


def test_a_party_is_not_merged_with_itself_the_unknown_or_one_that_was_merged_already() -> None:
    customers = Customers(ACME, ACME_INC, HOLDING)
    customers.merge(ACME, ACME_INC)
    before = dict(customers.states)
    nobody = id_of("nobody")
    customers.states[nobody] = Party(())
    for party_id, merged_id, rule, told in [
        (ACME, ACME, "party.itself", "itself"),
        (HOLDING, ACME_INC, "party.merged_away", str(ACME)),
        (ACME_INC, ACME, "party.merged_away", str(ACME)),
        (ACME_INC, HOLDING, "party.merged_away", str(ACME)),
    ]:
        with pytest.raises(Refused, match=told) as refused:
            customers.merge(party_id, merged_id)
        assert refused.value.rule == rule
    given(identity).when(BecomePart(nobody, ACME, (), {})).then_refused(rule="party.unknown")
    given(identity).when(TakeIn(nobody, ACME, (), {}, "x")).then_refused(rule="party.unknown")
    with pytest.raises(Refused, match=str(ACCOUNT)):
        customers.merge(ACME, HOLDING, belongs_to=ACCOUNT)
    del customers.states[nobody]
    assert customers.states == before


def test_what_was_read_of_the_other_party_must_still_be_so() -> None:
    customers = Customers(ACME, ACME_INC)
    customers.note(ACME_INC, segment="startup")
    with pytest.raises(Refused) as refused:
        customers.execute(
            TakeIn(ACME, ACME_INC, (account(ACME_INC),), {}, "x"), BecomePart(ACME_INC, ACME, (account(ACME_INC),), {})
        )
    assert refused.value.rule == "party.changed"


def test_only_a_part_is_taken_out_and_only_of_the_party_it_is_in() -> None:
    customers = Customers(ACME, ACME_INC, HOLDING)
    customers.merge(ACME, ACME_INC)
    for party_id, merged_id in [(HOLDING, ACME_INC), (ACME, HOLDING), (ACME_INC, ACME)]:
        with pytest.raises(Refused) as refused:
            customers.unmerge(party_id, merged_id)
        assert refused.value.rule == "party.not_merged"


def test_a_party_that_was_merged_is_noted_where_it_went() -> None:
    customers = Customers(ACME, ACME_INC)
    customers.merge(ACME, ACME_INC)
    with pytest.raises(Refused, match=str(ACME)):
        customers.note(ACME_INC, segment="startup")


def test_a_record_linked_while_merged_goes_with_the_party_it_points_to() -> None:
    customers = Customers(ACME, ACME_INC)
    before = customers.party(ACME)
    customers.merge(ACME, ACME_INC)
    contact = Member(kind=MemberKind.CONTACT, member_id=CONTACT)
    customers.execute(LinkMember(ACME_INC, contact))
    customers.unmerge(ACME, ACME_INC)
    assert customers.party(ACME).members == before.members
    assert customers.party(ACME_INC).members == (account(ACME_INC), contact)


def test_an_edit_made_while_they_were_one_is_a_conflict_until_somebody_settles_it() -> None:
    customers = Customers(ACME, ACME_INC)
    customers.note(ACME, segment="enterprise")
    customers.note(ACME_INC, website="acme.example")
    customers.merge(ACME, ACME_INC)
    customers.note(ACME, segment="public", website="")
    assert customers.unmerge(ACME, ACME_INC) == (
        FieldConflict(field="segment", restored="enterprise", edited="public"),
        FieldConflict(field="website", restored=None, edited=None),
    )
    settled = customers.note(ACME, segment="enterprise")
    assert settled == [ConflictSettled(party_id=ACME, merged_id=ACME_INC, field="segment")]
    assert customers.execute(DismissConflict(ACME, "website")) == [
        ConflictSettled(party_id=ACME, merged_id=ACME_INC, field="website")
    ]
    with pytest.raises(Refused) as refused:
        customers.execute(DismissConflict(ACME, "website"))
    assert refused.value.rule == "conflict.unknown"
    assert customers.fields(ACME) == {"segment": "enterprise"}


def test_what_a_part_of_a_part_brought_goes_with_it_all_the_way_up() -> None:
    customers = Customers(ACME, ACME_INC, HOLDING)
    customers.note(ACME_INC, website="acme.example")
    customers.merge(ACME, ACME_INC)
    customers.merge(HOLDING, ACME)
    assert customers.fields(HOLDING) == {"website": "acme.example"}
    assert customers.unmerge(ACME, ACME_INC) == ()
    assert customers.fields(HOLDING) == {}
    assert isinstance(customers.states[ACME_INC], Party)


TEXTS = st.sampled_from(["a", "b", "c", ""])
FIELDS = st.dictionaries(st.sampled_from(PROFILE_FIELDS), TEXTS)


@for_all(FIELDS, FIELDS, st.lists(FIELDS, max_size=4))
def test_merge_then_unmerge_restores_both_and_tells_exactly_what_was_edited(
    one: Mapping[str, str], other: Mapping[str, str], edits: list[Mapping[str, str]]
) -> None:
    customers = Customers(ACME, ACME_INC)
    customers.note(ACME, **one)
    customers.note(ACME_INC, **other)
    before = dict(customers.states)
    customers.merge(ACME, ACME_INC)
    merged = customers.fields(ACME)
    for edit in edits:
        customers.note(ACME, **edit)
    edited = customers.fields(ACME)
    conflicts = customers.unmerge(ACME, ACME_INC)
    assert {conflict.field: (conflict.restored, conflict.edited) for conflict in conflicts} == {
        name: (noted(before[ACME].layers).get(name), edited.get(name))
        for name in PROFILE_FIELDS
        if edited.get(name) != merged.get(name)
    }
    for conflict in conflicts:
        customers.execute(DismissConflict(ACME, conflict.field))
    assert customers.states == before


@for_all(
    st.tuples(FIELDS, FIELDS, FIELDS, FIELDS), st.lists(st.tuples(st.integers(0, 3), FIELDS), max_size=6), st.data()
)
def test_nested_merges_are_undone_in_any_order(
    own: tuple[Mapping[str, str], ...], edits: list[tuple[int, Mapping[str, str]]], data: st.DataObject
) -> None:
    """B goes into A, D into A, then A into C, with edits of whoever is by itself in between."""
    a, b, c, d = parties = (ACME, ACME_INC, HOLDING, id_of("Acme Ltd"))
    customers = Customers(*parties)
    for party_id, fields in zip(parties, own, strict=True):
        customers.note(party_id, **fields)
    before = {party_id: customers.fields(party_id) for party_id in parties}
    for number, (party_id, merged_id) in enumerate([(a, b), (a, d), (c, a)]):
        customers.merge(party_id, merged_id)
        for place, edit in edits:
            if place == number:
                customers.note(party_id, **edit)
    for party_id, merged_id in data.draw(st.permutations([(a, b), (a, d), (c, a)])):
        customers.unmerge(party_id, merged_id)
    assert {party_id: customers.fields(party_id) for party_id in parties} == before
    assert all(isinstance(state, Party) for state in customers.states.values())
