"""A service's API as its callers see it: what is done, what is refused, and how that is said."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import httpx
import pytest
from counting.app import counting

from nexa_chassis.testing import RunningService, Signer, running
from nexa_local.infra import Infra
from nexa_local.postgres import Database


@pytest.fixture
async def service(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[RunningService]:
    async with running(counting, database("counting"), infra, roles=("serve",)) as started:
        yield started


@pytest.fixture
def clerk(service: RunningService) -> httpx.AsyncClient:
    return service.client("clerk")


async def test_a_command_answers_with_its_effect_and_the_version_it_made(clerk: httpx.AsyncClient) -> None:
    answer = await clerk.post("/counters", json={"amount": 3})
    assert answer.status_code == 201, answer.text
    assert answer.json()["total"] == 3
    assert answer.headers["etag"] == '"1"'
    seen = await clerk.get(f"/counters/{answer.json()['counter_id']}")
    assert seen.json() == answer.json()
    assert seen.headers["etag"] == '"1"'


async def test_the_same_request_sent_again_is_done_once_and_answered_alike(clerk: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "a key of mine"}
    first = await clerk.post("/counters", json={"amount": 3}, headers=key)
    again = await clerk.post("/counters", json={"amount": 3}, headers=key)
    assert again.json() == first.json()
    assert (await clerk.get("/counters")).json()["items"] == [{**first.json(), "times": 1}]


async def test_sixteen_copies_of_a_request_at_once_are_done_once(clerk: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "at once"}
    answers = await asyncio.gather(*(clerk.post("/counters", json={"amount": 3}, headers=key) for _ in range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1


async def test_a_key_used_again_for_another_request_is_refused(clerk: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k"}
    await clerk.post("/counters", json={"amount": 3}, headers=key)
    other = await clerk.post("/counters", json={"amount": 4}, headers=key)
    assert_problem(other, 422, "idempotency-key", rule="idempotency_key.reused")


async def test_two_callers_may_use_the_same_key(service: RunningService) -> None:
    key = {"Idempotency-Key": "k"}
    one = await service.client("clerk", subject="one").post("/counters", json={"amount": 3}, headers=key)
    two = await service.client("clerk", subject="two").post("/counters", json={"amount": 3}, headers=key)
    assert one.json()["counter_id"] != two.json()["counter_id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
async def test_a_command_without_a_usable_key_is_told_how_to_send_one(service: RunningService, key: str) -> None:
    headers = {"authorization": f"Bearer {service.signer.token('clerk')}"} | ({"idempotency-key": key} if key else {})
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        answer = await client.post("/counters", json={"amount": 3})
    assert_problem(answer, 400, "header")
    assert "Idempotency-Key" in answer.json()["detail"]


async def test_a_refusal_names_the_rule(clerk: httpx.AsyncClient) -> None:
    assert_problem(await clerk.post("/counters", json={"amount": 1001}), 409, "refused", rule="counter.full")


async def test_a_refusal_about_a_field_names_the_field(clerk: httpx.AsyncClient) -> None:
    answer = await clerk.post("/counters", json={"amount": -1})
    assert_problem(answer, 422, "invalid", rule="counter.grows")
    assert answer.json()["errors"] == [{"field": "amount", "message": "A counter only grows."}]


async def test_input_of_the_wrong_shape_is_answered_field_by_field(clerk: httpx.AsyncClient) -> None:
    answer = await clerk.post("/counters", json={"amount": "many", "note": "x" * 1001})
    assert_problem(answer, 422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == ["body.amount", "body.note"]
    assert "many" not in answer.text
    assert_problem(
        await clerk.post("/counters", content=b"{", headers={"content-type": "application/json"}), 422, "invalid"
    )


async def test_a_write_on_a_version_that_is_no_more_is_not_done(clerk: httpx.AsyncClient) -> None:
    opened = await clerk.post("/counters", json={"amount": 3})
    path = f"/counters/{opened.json()['counter_id']}"
    seen = {"If-Match": opened.headers["etag"]}
    assert (await clerk.post(f"{path}/count", json={"amount": 1}, headers=seen)).status_code == 200
    late = await clerk.post(f"{path}/count", json={"amount": 1}, headers=seen)
    assert_problem(late, 412, "precondition")
    assert late.headers["etag"] == '"2"'
    assert (await clerk.get(path)).json()["total"] == 4
    assert_problem(await clerk.post(f"{path}/count", json={"amount": 1}, headers={"If-Match": "two"}), 400, "header")


async def test_writers_at_once_on_one_stream_all_get_through(clerk: httpx.AsyncClient) -> None:
    opened = await clerk.post("/counters", json={"amount": 1})
    path = f"/counters/{opened.json()['counter_id']}"
    answers = await asyncio.gather(*(clerk.post(f"{path}/count", json={"amount": 1}) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    done = sum(answer.status_code == 200 for answer in answers)
    assert (await clerk.get(path)).json()["total"] == 1 + done


async def test_what_is_not_there_is_a_404_and_what_cannot_be_done_there_a_405(clerk: httpx.AsyncClient) -> None:
    assert_problem(await clerk.get(f"/counters/{uuid4()}"), 404, "not-found", rule="counter.unknown")
    assert_problem(await clerk.get("/no/such/place?with=query"), 404, "not-found")
    answer = await clerk.delete("/counters")
    assert_problem(answer, 405, "method")
    assert "GET" in answer.headers["allow"] or "POST" in answer.headers["allow"]


async def test_a_zero_character_is_the_callers_mistake(clerk: httpx.AsyncClient) -> None:
    answer = await clerk.get("/counters", params={"cursor": "\x00"})
    assert_problem(answer, 400, "cursor")


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_body_beyond_the_limit_is_not_read(clerk: httpx.AsyncClient, streamed: bool) -> None:
    body = b'{"amount": 1, "note": "' + b"x" * 1_100_000 + b'"}'

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    headers = {"content-type": "application/json"}
    answer = await clerk.post("/counters", content=chunks() if streamed else body, headers=headers)
    assert_problem(answer, 413, "too-large")


async def test_a_route_can_have_a_limit_of_its_own(clerk: httpx.AsyncClient) -> None:
    answer = await clerk.post("/counters/many", json={"amount": 1, "note": "x" * 100})
    assert_problem(answer, 413, "too-large")


async def test_who_asks_too_often_is_told_when_to_come_back(clerk: httpx.AsyncClient, service: RunningService) -> None:
    answers = [await clerk.post("/counters/many", json={"amount": 1}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert_problem(answers[-1], 429, "rate")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 12
    other = service.client("clerk", subject="another")
    assert (await other.post("/counters/many", json={"amount": 1})).status_code == 202


async def test_a_caller_without_a_good_token_is_challenged(service: RunningService) -> None:
    async with httpx.AsyncClient(base_url=service.url) as client:
        assert_problem(await client.get("/counters"), 401, "unauthorized")
        forged = {"authorization": f"Bearer {Signer().token('clerk')}"}
        answer = await client.get("/counters", headers=forged)
    assert_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith('Bearer realm="nexa", error="invalid_token"')


async def test_a_role_opens_its_routes_and_admin_all(service: RunningService) -> None:
    assert_problem(await service.client("guest").get("/counters"), 403, "forbidden")
    assert (await service.client("admin").get("/counters")).status_code == 200


async def test_a_public_route_needs_no_token(service: RunningService) -> None:
    async with httpx.AsyncClient(base_url=service.url) as client:
        assert_problem(await client.get(f"/counters/{uuid4()}/bell"), 404, "not-found", rule="bell.unheard")


async def test_the_actor_and_the_correlation_stand_in_the_event(service: RunningService) -> None:
    client = service.client("clerk", subject="maria")
    await client.post("/counters", json={"amount": 1}, headers={"X-Correlation-Id": "spring campaign"})
    async with service.runtime.engine.connect() as connection:
        meta = (await connection.exec_driver_sql("select meta from events")).scalar_one()
    assert (meta["actor"], meta["correlation"]) == ("maria", "spring campaign")


async def test_a_defect_tells_the_caller_a_trace_and_nothing_else(
    service: RunningService, clerk: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(service.runtime.store, "load", broken)
    answer = await clerk.get(f"/counters/{uuid4()}", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert answer.json()["trace_id"] == "ab" * 16


async def test_pages_cover_the_list_while_it_changes(clerk: httpx.AsyncClient) -> None:
    for amount in (5, 1, 5, 3, 5):
        await clerk.post("/counters", json={"amount": amount})
    totals: list[int] = []
    cursor: str | None = None
    while True:
        page = (await clerk.get("/counters", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        totals += [item["total"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        await clerk.post("/counters", json={"amount": 900})  # sorts before everything: no later page may see it
    assert totals == [5, 5, 5, 3, 1]
    assert_problem(await clerk.get("/counters", params={"cursor": "bm9wZQ"}), 400, "cursor")


async def test_the_description_says_what_really_happens(clerk: httpx.AsyncClient) -> None:
    document = (await clerk.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    command = document["paths"]["/counters/{counter_id}/count"]["post"]
    assert command["security"] == [{"bearer": []}]
    assert command["x-roles"] == ["clerk"]
    assert {"Idempotency-Key", "If-Match"} <= {parameter["name"] for parameter in command["parameters"]}
    assert {"400", "401", "403", "404", "409", "412", "413", "422", "429", "500", "503"} <= set(command["responses"])
    for status, response in command["responses"].items():
        if status >= "400":
            assert list(response["content"]) == ["application/problem+json"], status
    assert "security" not in document["paths"]["/counters/{counter_id}/bell"]["get"]
    assert "HTTPValidationError" not in str(document)


def assert_problem(answer: httpx.Response, status: int, kind: str, *, rule: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"urn:nexa:problem:{kind}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem.get("rule") == rule
