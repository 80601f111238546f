"""What every event of the published language has in common."""

import json
import typing
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from nexa_contracts import examples
from nexa_contracts.envelope import Envelope, Event, Personal, event_name
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.publishing.json_schemas import personal_paths, schema_of
from nexa_contracts.sales import DealClosedWon, LeadAssigned
from nexa_contracts.scoring import LeadScored
from nexa_contracts.topics import ALL_TOPICS, DEAL, LEAD, Topic, topic_of
from nexa_contracts.values import Band, Money

PUBLISHED = [pytest.param(topic, model, id=topic.type_of(model)) for topic in ALL_TOPICS for model in topic.events]


def models_within(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_within(field.annotation)
    for part in typing.get_args(annotation):
        yield from models_within(part)


def fields_of(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """All fields of a model, those of nested values too, as `LeadAssigned.because` and `Because.rule`."""
    nested = (found for field in model.model_fields.values() for found in models_within(field.annotation))
    for owner in dict.fromkeys((model, *nested)):
        for name, field in owner.model_fields.items():
            yield f"{owner.__name__}.{name}", field


@pytest.mark.parametrize(("topic", "model"), PUBLISHED)
def test_every_event_of_a_topic_carries_its_key_and_must(topic: Topic, model: type[Event]) -> None:
    key = model.model_fields[topic.key]
    assert key.annotation is UUID
    assert key.is_required()


@pytest.mark.parametrize(("topic", "model"), PUBLISHED)
def test_neither_a_key_nor_any_other_id_is_personal_data(topic: Topic, model: type[Event]) -> None:
    personal = [name for name, field in fields_of(model) if any(isinstance(each, Personal) for each in field.metadata)]
    assert not [name for name in personal if name.endswith((f".{topic.key}", "_id", ".id"))]
    assert not [path for path in personal_paths(schema_of(model, topic)) if path.endswith(("_id", ".id"))]


@pytest.mark.parametrize("name", ["email", "first_name", "last_name", "phone", "title", "attributes"])
def test_what_is_personal_in_python_is_marked_in_the_schema(name: str) -> None:
    created = LEAD.events[0]
    assert name in personal_paths(schema_of(created, LEAD))


def test_personal_data_is_found_inside_nested_values() -> None:
    assert personal_paths(schema_of(LeadAssigned, topic_of(LeadAssigned))) == ["because.candidates[].name"]


@pytest.mark.parametrize(("topic", "model"), PUBLISHED)
def test_every_field_and_every_event_says_what_it_means(topic: Topic, model: type[Event]) -> None:
    assert model.__doc__
    assert not [name for name, field in fields_of(model) if not field.description]


@pytest.mark.parametrize(("topic", "model"), PUBLISHED)
def test_an_address_or_a_name_of_a_person_is_always_marked(topic: Topic, model: type[Event]) -> None:
    personal_names = {"email", "phone", "first_name", "last_name", "address"}
    unmarked = [
        name
        for name, field in fields_of(model)
        if name.partition(".")[2] in personal_names and not any(isinstance(each, Personal) for each in field.metadata)
    ]
    assert not unmarked


@pytest.mark.parametrize(("topic", "model"), PUBLISHED)
def test_no_time_goes_without_its_zone(topic: Topic, model: type[Event]) -> None:
    naive = datetime(2025, 11, 15, 9)
    for name, field in model.model_fields.items():
        if field.annotation is datetime:
            with pytest.raises(ValidationError):
                model.model_validate({**EXAMPLES[model].model_dump(), name: naive})


@pytest.mark.parametrize(("topic", "model"), PUBLISHED)
def test_an_event_read_back_from_json_is_the_event_that_was_written(topic: Topic, model: type[Event]) -> None:
    event = EXAMPLES[model]
    assert model.model_validate_json(event.model_dump_json(warnings="error")) == event


@pytest.mark.parametrize(("topic", "model"), PUBLISHED)
def test_a_reader_passes_over_a_field_it_does_not_know(topic: Topic, model: type[Event]) -> None:
    told = {**json.loads(EXAMPLES[model].model_dump_json()), "a_field_of_next_year": {"deep": 1}}
    assert model.model_validate_json(json.dumps(told)) == EXAMPLES[model]


@pytest.mark.parametrize(("topic", "model"), PUBLISHED)
def test_an_event_cannot_be_changed(topic: Topic, model: type[Event]) -> None:
    with pytest.raises(ValidationError):
        setattr(EXAMPLES[model], topic.key, UUID(int=1))


def test_every_type_is_published_on_one_topic_only() -> None:
    types_ = [topic.type_of(model) for topic in ALL_TOPICS for model in topic.events]
    assert len(types_) == len(set(types_))
    assert len({topic.name for topic in ALL_TOPICS}) == len(ALL_TOPICS)


def test_an_event_that_is_not_published_has_no_topic() -> None:
    class KeptPrivate(Event):
        """Known inside a service only."""

    with pytest.raises(KeyError):
        topic_of(KeptPrivate)


def test_types_and_topics_are_named_after_service_aggregate_and_version() -> None:
    assert DEAL.name == "nexa.sales.deal.v1"
    assert DEAL.type_of(DealClosedWon) == "nexa.sales.DealClosedWon.v1"


def test_a_second_version_of_an_event_keeps_its_name() -> None:
    class DealClosedWonV2(Event):
        """A later version."""

        schema_version = 2

    assert event_name(DealClosedWonV2) == "DealClosedWon"
    assert DEAL.type_of(DealClosedWonV2) == "nexa.sales.DealClosedWon.v2"


@pytest.mark.parametrize(("topic", "model"), PUBLISHED)
def test_no_amount_is_a_float_and_no_field_holds_just_anything(topic: Topic, model: type[Event]) -> None:
    for name, field in fields_of(model):
        assert not {float, Any, object} & {field.annotation, *typing.get_args(field.annotation)}, name


def test_money_is_exact_and_written_with_two_decimals() -> None:
    assert json.loads(Money.model_validate({"amount": "3500000"}).model_dump_json()) == {
        "amount": "3500000.00",
        "currency": "USD",
    }


@pytest.mark.parametrize("wrong", [{"amount": "0.001"}, {"amount": "1", "currency": "Dollar"}, {"amount": "NaN"}])
def test_money_is_never_a_fraction_of_a_cent_nor_of_an_unknown_currency(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate(wrong)


def test_the_golden_lead_scores_85_with_the_sentence_of_the_seed() -> None:
    scored = EXAMPLES[LeadScored]
    assert isinstance(scored, LeadScored)
    assert (scored.score, scored.band, scored.recommendation) == (85, Band.HIGH, "High buying intent, call within 24h")
    assert sum(factor.points for factor in scored.factors) == 85


def test_a_won_deal_without_a_signed_contract_cannot_be_written() -> None:
    won = EXAMPLES[DealClosedWon].model_dump()
    with pytest.raises(ValidationError):
        DealClosedWon.model_validate({**won, "contract_signed": False})


def test_the_envelope_of_a_first_event_has_no_version_before_it_and_may_have_no_cause() -> None:
    told = examples.ENVELOPE.model_dump(mode="json", exclude={"prevversion", "causationid", "traceparent"})
    first = Envelope.model_validate(told)
    assert (first.prevversion, first.causationid, first.traceparent) == (None, None, None)


def test_an_envelope_of_another_specification_is_not_one_of_ours() -> None:
    with pytest.raises(ValidationError):
        Envelope.model_validate({**examples.ENVELOPE.model_dump(), "specversion": "0.3"})
