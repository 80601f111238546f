"""Released schemas and present models can live side by side; what would part them is found."""

import copy
import hashlib
import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from nexa_contracts.publishing.compatibility import breaks, renames
from nexa_contracts.publishing.json_schemas import Schema, schemas


def version(file: Path) -> tuple[int, ...]:
    return tuple(map(int, file.stem.split(".")))


RELEASED = sorted((Path(__file__).resolve().parent.parent / "released").glob("*.json"), key=version)


class Stage(StrEnum):
    OPEN = "open"
    WON = "won"


class WiderStage(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Price(BaseModel):
    amount: str = Field(pattern=r"^\d+$")
    note: str | None = None


class PriceWithDiscount(BaseModel):
    model_config = ConfigDict(title="Price")

    amount: str = Field(pattern=r"^\d+$")
    note: str | None = None
    discount: int = 0


class PriceWithoutAmount(BaseModel):
    model_config = ConfigDict(title="Price")

    note: str | None = None


class Offer(BaseModel):
    """The event that the changes below are made to."""

    offer_id: str = Field(pattern="^O-")
    stage: Stage
    price: Price
    lines: tuple[Price, ...] = ()
    limits: dict[str, int] = Field(default_factory=dict)
    points: int = Field(ge=0, le=100)
    when: AwareDatetime
    rebate: Price | None = None
    comment: str | None = None
    signed: Literal[True] = True


def changed(**fields: Any) -> Schema:
    """The schema of Offer with these fields set to (type, default); None takes one away."""
    kept = {name: (field.annotation, field) for name, field in Offer.model_fields.items() if name not in fields}
    definitions: dict[str, Any] = {**kept, **{name: field for name, field in fields.items() if field is not None}}
    model: type[BaseModel] = create_model("Offer", **definitions)
    return model.model_json_schema()


OFFER = changed()

FINE: dict[str, Schema] = {
    "nothing": changed(),
    "an optional field is added": changed(remark=(str, "")),
    "an optional field is removed": changed(comment=None),
    "an optional field is added inside a value": changed(price=(PriceWithDiscount, ...)),
    "an optional field is added inside the values of a list": changed(lines=(tuple[PriceWithDiscount, ...], ())),
    "an optional field is added inside an optional value": changed(rebate=(PriceWithDiscount | None, None)),
    "another meaning is written down": changed(points=(int, Field(ge=0, le=100, description="Now described."))),
    "another default": changed(comment=(str | None, "none")),
}

BREAKING: dict[str, tuple[Schema, str]] = {
    "a required field is added": (changed(owner=(str, ...)), "required field owner was added"),
    "a required field is removed": (changed(price=None), "required field price was removed"),
    "a required field is renamed": (changed(price=None, cost=(Price, ...)), "required field cost was added"),
    "a required field becomes optional": (changed(stage=(Stage, Stage.OPEN)), "stage was required and is optional"),
    "an optional field becomes required": (changed(comment=(str | None, ...)), "comment was optional and is required"),
    "another type": (changed(points=(str, ...)), "points: type was integer and is string"),
    "an integer becomes a number": (changed(points=(float, Field(ge=0, le=100))), "type was integer and is number"),
    "another pattern": (changed(offer_id=(str, Field(pattern="^Q-"))), "offer_id: pattern was ^O- and is ^Q-"),
    "another format": (changed(when=(str, ...)), "when: format was date-time and is open"),
    "a value is added to a closed set": (changed(stage=(WiderStage, ...)), "the allowed values were"),
    "a value is taken from a closed set": (changed(stage=(Literal["open"], ...)), "the allowed values were"),
    "a fixed value is freed": (changed(signed=(bool, True)), "signed: the allowed values were True and are open"),
    "a value may be null now": (changed(stage=(Stage | None, ...)), "can be null and could not"),
    "a value may be null no longer": (changed(comment=(str, "")), "could be null and no longer can"),
    "a limit is widened": (changed(points=(int, Field(ge=0, le=200))), "points: maximum was 100 and is 200"),
    "a limit is narrowed": (changed(points=(int, Field(ge=10, le=100))), "points: minimum was 0 and is 10"),
    "a limit is dropped": (changed(points=(int, Field(ge=0))), "points: maximum was 100 and is open"),
    "a list becomes one value": (changed(lines=(Price, Price(amount="1"))), "lines: type was array and is object"),
    "the elements of a list change": (changed(lines=(tuple[str, ...], ())), "lines[]: type was object and is string"),
    "the values of a map change": (changed(limits=(dict[str, str], {})), "limits.*: type was integer and is string"),
    "a required field inside a value goes": (
        changed(price=(PriceWithoutAmount, ...)),
        "required field amount was removed",
    ),
    "a required field inside an optional value goes": (
        changed(rebate=(PriceWithoutAmount | None, None)),
        "required field amount was removed",
    ),
    "unknown fields are refused": ({**OFFER, "additionalProperties": False}, "was True and is False"),
    "the key changes": ({**OFFER, "x-key": "stage"}, "x-key was open and is stage"),
}


@pytest.mark.parametrize("change", FINE)
def test_this_change_parts_nobody(change: str) -> None:
    assert breaks(OFFER, FINE[change]) == []
    assert breaks(FINE[change], OFFER) == []


@pytest.mark.parametrize("change", BREAKING)
def test_this_change_needs_a_new_version_in_whichever_direction_it_goes(change: str) -> None:
    new, sentence = BREAKING[change]
    assert any(sentence in found for found in breaks(OFFER, new)), breaks(OFFER, new)
    assert breaks(new, OFFER)


def test_an_optional_field_that_comes_as_another_of_its_kind_goes_is_taken_for_a_rename() -> None:
    new = changed(comment=None, remark=(str | None, None))
    assert renames(OFFER, new) == [
        "comment looks renamed to remark: add remark in one release and remove comment in a later one"
    ]
    assert renames(OFFER, changed(remark=(str | None, None))) == []
    assert renames(OFFER, changed(comment=None, count=(int, 0))) == []


def test_a_field_that_went_and_comes_back_as_something_else_is_held_against_the_release_that_had_it() -> None:
    first, second, third = OFFER, changed(comment=None), changed(comment=(int | None, None))
    assert breaks(first, second) == []
    assert breaks(second, third) == []
    assert breaks(first, third)


def _instances(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Data a strict writer of an Offer schema may write: required fields always, the others or not, nothing else."""
    values: dict[str, st.SearchStrategy[Any]] = {
        "offer_id": st.text().map(lambda text: f"O-{text}"),
        "stage": st.sampled_from(["open", "won"]),
        "price": st.fixed_dictionaries({"amount": st.just("1")}, optional={"note": st.none() | st.text()}),
        "lines": st.lists(st.just({"amount": "1"}), max_size=2),
        "limits": st.dictionaries(st.text(), st.integers()),
        "points": st.integers(0, 100),
        "when": st.just("2025-11-15T09:00:00Z"),
        "rebate": st.none() | st.just({"amount": "1"}),
        "comment": st.none() | st.text(),
        "signed": st.just(True),
        "remark": st.text(),
    }
    names = set(schema["properties"])
    required = set(schema["required"])
    return st.fixed_dictionaries(
        {name: values[name] for name in sorted(required)},
        optional={name: values[name] for name in sorted(names - required)},
    )


@pytest.mark.parametrize("change", ["an optional field is added", "an optional field is removed", "another default"])
@given(data=st.data())
@settings(max_examples=30)
def test_what_either_side_writes_the_other_can_read(change: str, data: st.DataObject) -> None:
    for writer, reader in ((OFFER, FINE[change]), (FINE[change], OFFER)):
        Draft202012Validator(reader).validate(data.draw(_instances(writer)))


@pytest.mark.parametrize("file", RELEASED, ids=lambda file: file.stem)
def test_a_release_never_changes(file: Path) -> None:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert f"{digest}  {file.name}" in (file.parent / "SHA256SUMS").read_text().splitlines()


@pytest.mark.parametrize("file", RELEASED, ids=lambda file: file.stem)
def test_the_models_can_live_with_every_release(file: Path) -> None:
    present = schemas()
    released: dict[str, Schema] = json.loads(file.read_text())
    gone = sorted(set(released) - set(present))
    assert not gone, f"released in {file.stem}, and history holds them: {gone}"
    found = [f"{name}: {fault}" for name, schema in released.items() for fault in breaks(schema, present[name])]
    assert not found, "\n".join([f"Not compatible with release {file.stem}; write a .v2 beside it:", *found])


@pytest.mark.parametrize("file", RELEASED[-1:], ids=lambda file: file.stem)
def test_no_field_was_renamed_since_the_last_release(file: Path) -> None:
    released: dict[str, Schema] = json.loads(file.read_text())
    found = [
        f"{name}: {fault}"
        for name, now in schemas().items()
        if name in released
        for fault in renames(released[name], now)
    ]
    assert not found, "\n".join(found)


def _without(field: str) -> Callable[[Schema], None]:
    def change(schema: Schema) -> None:
        del schema["properties"][field]
        schema["required"].remove(field)

    return change


def _with_band(schema: Schema) -> None:
    schema["$defs"]["Band"]["enum"].append("hot")


@pytest.mark.parametrize("change", [_without("rep_id"), _with_band], ids=["field removed", "band added"])
def test_a_breaking_change_of_a_real_event_is_caught(change: Callable[[Schema], None]) -> None:
    before = schemas()["nexa.sales.LeadAssigned.v1"]
    after = copy.deepcopy(before)
    change(after)
    assert breaks(before, after)
    assert not breaks(before, copy.deepcopy(before))
