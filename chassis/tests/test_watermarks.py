"""Whatever order and however often a stream's events come, each is applied once and in its order."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from nexa_chassis.decoding import Delivery
from nexa_chassis.watermarks import Candidate, Ledger, Verdict

STREAMS = ("a/a-1", "a/a-2", "b/b-1")


def delivery(stream: str, version: int, previous: int | None = None) -> Delivery:
    return Delivery(
        ("t", 0, version), b"k", b"", (), None, stream, version, version - 1 if previous is None else previous
    )


def work_through(
    ledger: Ledger, deliveries: Sequence[Delivery], failing: frozenset[tuple[str, int]] = frozenset()
) -> list[tuple[str, int]]:
    """What a batch does with verdicts: applied places in their order."""
    applied = []
    for each in deliveries:
        stream = each.stream or ""
        turn: Candidate | None = Candidate(each)
        while turn is not None:
            verdict = ledger.verdict(turn.delivery)
            if verdict is Verdict.APPLY:
                if (stream, turn.delivery.version) in failing:
                    ledger.block(stream)
                    break
                applied.append((stream, turn.delivery.version))
                ledger.advance(stream, turn.delivery.version)
            elif verdict is Verdict.GAP:
                ledger.wait(turn)
                break
            elif verdict is Verdict.BEHIND:
                break
            turn = ledger.next_waiting(stream)
    return applied


@st.composite
def streams(draw: st.DrawFn) -> list[Delivery]:
    """Published events of some streams, with private versions between them."""
    found = []
    for stream in STREAMS:
        previous = 0
        for step in draw(st.lists(st.integers(1, 3), max_size=6)):
            found.append(delivery(stream, previous + step, previous))
            previous += step
    return found


@given(streams(), st.data())
def test_any_order_with_repetitions_applies_every_event_once_and_in_order(
    events: list[Delivery], data: st.DataObject
) -> None:
    shuffled = data.draw(
        st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=5) if events else st.just([])))
    )
    ledger = Ledger({})
    applied = work_through(ledger, shuffled)
    for stream in STREAMS:
        expected = [each.version for each in events if each.stream == stream]
        assert [version for found, version in applied if found == stream] == expected
    assert ledger.waiting_deliveries() == [] or all(
        ledger.verdict(each) is Verdict.DUPLICATE for each in ledger.waiting_deliveries()
    )


@given(streams(), st.data())
def test_a_second_batch_with_the_watermarks_of_the_first_applies_only_what_is_new(
    events: list[Delivery], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(events)))
    first = Ledger({})
    work_through(first, events[:cut])
    marks = {stream: reached for stream, _, reached in first.moves()}
    second = Ledger(marks)
    applied = work_through(second, events)
    assert applied == [(each.stream, each.version) for each in events[cut:]]
    assert all(found == marks.get(stream, 0) < reached for stream, found, reached in second.moves())


@given(streams(), st.data())
def test_nothing_behind_a_failure_is_applied_and_other_streams_are_whole(
    events: list[Delivery], data: st.DataObject
) -> None:
    if not events:
        return
    bad = data.draw(st.sampled_from(events))
    shuffled = data.draw(st.permutations(events))
    applied = work_through(Ledger({}), shuffled, frozenset({(bad.stream or "", bad.version)}))
    for stream in STREAMS:
        expected = [
            each.version
            for each in events
            if each.stream == stream and (stream != bad.stream or each.version < bad.version)
        ]
        assert [version for found, version in applied if found == stream] == expected


def test_a_released_stream_goes_on_with_its_failed_head() -> None:
    ledger = Ledger({"s": 3}, parked=["s"], blocked=["s"], waiting=[Candidate(delivery("s", 5), 2)])
    assert ledger.verdict(delivery("s", 4)) is Verdict.BEHIND
    ledger.release("s")
    assert ledger.verdict(delivery("s", 4)) is Verdict.APPLY
    ledger.advance("s", 4)
    waiting = ledger.next_waiting("s")
    assert waiting is not None
    assert waiting.parked_id == 2
    assert ledger.next_waiting("s") is None
    assert ledger.moved_with_parked() == ["s"]


def test_every_copy_of_a_waiting_event_comes_out_once() -> None:
    ledger = Ledger({}, parked=["s"], waiting=[Candidate(delivery("s", 2), 1), Candidate(delivery("s", 2), 2)])
    assert ledger.next_waiting("s") is None
    ledger.advance("s", 1)
    first = ledger.next_waiting("s")
    ledger.advance("s", 2)
    second = ledger.next_waiting("s")
    assert first
    assert second
    assert {first.parked_id, second.parked_id} == {1, 2}
    assert ledger.verdict(second.delivery) is Verdict.DUPLICATE


def test_what_was_handled_before_the_batch_is_told_from_what_it_handled_itself() -> None:
    ledger = Ledger({"s": 3})
    ledger.advance("s", 4)
    assert ledger.handled(delivery("s", 3))
    assert not ledger.handled(delivery("s", 4))
    assert ledger.moves() == [("s", 3, 4)]
