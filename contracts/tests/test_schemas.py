"""The published JSON Schemas and the AsyncAPI document say what the models say."""

import json
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from nexa_contracts.examples import ENVELOPE, EXAMPLES
from nexa_contracts.publishing import asyncapi
from nexa_contracts.publishing.json_schemas import published, schema_of
from nexa_contracts.sales import DealClosedWon
from nexa_contracts.topics import ALL_TOPICS, DEAL, topic_of

TYPES = [pytest.param(name, id=name) for name, _, _ in published()]


def committed(contracts: Path, type_name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((contracts / "schemas" / f"{type_name}.json").read_text())
    return schema


@pytest.mark.parametrize("type_name", TYPES)
def test_the_example_of_an_event_is_valid_by_its_committed_schema(contracts: Path, type_name: str) -> None:
    schema = committed(contracts, type_name)
    Draft202012Validator.check_schema(schema)
    (example,) = schema["examples"]
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(example)


def test_there_is_one_example_of_each_published_event_and_none_of_others() -> None:
    assert set(EXAMPLES) == {model for _, _, model in published()}


def test_a_schema_refuses_what_the_model_refuses() -> None:
    validator = Draft202012Validator(schema_of(DealClosedWon, topic_of(DealClosedWon)), format_checker=FormatChecker())
    won = EXAMPLES[DealClosedWon].model_dump(mode="json")
    validator.validate(won)
    unsigned = {**won, "contract_signed": False}
    without_key = {name: value for name, value in won.items() if name != "deal_id"}
    vague_amount = {**won, "amount": {"amount": 50000.001, "currency": "USD"}}
    for wrong in (unsigned, without_key, vague_amount):
        with pytest.raises(ValidationError):
            validator.validate(wrong)


def test_the_schema_says_where_the_event_travels() -> None:
    schema = schema_of(DealClosedWon, DEAL)
    assert (schema["x-owner"], schema["x-topic"], schema["x-key"]) == ("sales", "nexa.sales.deal.v1", "deal_id")


def references(node: Any) -> set[str]:
    """Every `$ref` of a document."""
    match node:
        case dict():
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*map(references, node.values()))
        case list():
            return set[str]().union(*map(references, node))
        case _:
            return set()


def target(document: Any, reference: str) -> Any:
    """What a local reference leads to; KeyError where it leads nowhere."""
    for part in reference.removeprefix("#/").split("/"):
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


def test_the_asyncapi_document_is_one_and_no_reference_in_it_leads_nowhere(contracts: Path) -> None:
    document = json.loads((contracts / "asyncapi.json").read_text())
    ApplicationSchema.model_validate(document)
    for reference in references(document):
        assert target(document, reference) is not None


def test_the_asyncapi_document_has_every_topic_as_a_channel_and_every_event_as_a_message() -> None:
    document = asyncapi.document("1.0.0", {"nexa.sales.DealClosedWon.v1": ["marketing.campaign_results"]})
    assert set(document["channels"]) == {topic.name for topic in ALL_TOPICS}
    assert set(document["components"]["messages"]) == {name for name, _, _ in published()}
    assert document["operations"]["sales.deal.send"]["channel"] == {"$ref": "#/channels/nexa.sales.deal.v1"}
    receive = document["operations"]["marketing.campaign_results.receive.deal"]
    assert receive["messages"] == [{"$ref": "#/channels/nexa.sales.deal.v1/messages/nexa.sales.DealClosedWon.v1"}]


def test_a_whole_record_is_valid_by_the_payload_of_its_message(contracts: Path) -> None:
    document = json.loads((contracts / "asyncapi.json").read_text())
    payload = document["components"]["messages"]["nexa.sales.DealClosedWon.v1"]["payload"]
    validator = Draft202012Validator({**payload, "components": document["components"]})
    record = ENVELOPE.model_dump(mode="json")
    validator.validate(record)
    with pytest.raises(ValidationError):
        validator.validate({**record, "type": "nexa.sales.DealClosedLost.v1"})
    with pytest.raises(ValidationError):
        validator.validate({**record, "data": {}})
    with pytest.raises(ValidationError):
        validator.validate({**record, "source": "/nexa/marketing"})
    for message in document["components"]["messages"].values():
        Draft202012Validator.check_schema(message["payload"])
