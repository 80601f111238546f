"""Who may do what: every route refuses a caller without its roles, and who only reads changes nothing."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx

from .conftest import Support

SIGNED = "/webhooks/deployments"
FOR_ALL = {("get", "/public/tickets"), ("post", "/public/tickets"), ("post", SIGNED)}
"""A form, and what a signature stands for; a login is needed for neither."""
ASKS = {("post", "/sla/what-if")}
"""What is sent as a body and only asked."""
TEAM_ONLY = ("/tickets/{ticket_id}/notes", "/tickets/{ticket_id}/changes", "/mails", "/mails/{mail_id}")
"""What notes can be read in."""


def routes(spec: Any) -> Iterator[tuple[str, str]]:
    for path, methods in spec["paths"].items():
        for method in methods:
            if (method, path) not in FOR_ALL:
                yield method, path


async def answered(client: httpx.AsyncClient, method: str, path: str) -> int:
    filled = re.sub(r"\{week\}", "2025-W47", path)
    filled = re.sub(r"\{version\}", "1", filled)
    filled = re.sub(r"\{\w+\}", str(uuid4()), filled)
    body = None if method in ("get", "delete") else {}
    headers = {"idempotency-key": str(uuid4())}
    return (await client.request(method, filled, json=body, headers=headers)).status_code


async def test_every_route_refuses_who_has_no_role_and_who_has_no_token(support_service: Support) -> None:
    service = support_service.service
    stranger = service.client("sales_bot", subject="stranger")
    spec = (await support_service.agent.get("/openapi.json")).json()
    ours = [each for each in routes(spec) if each[1].split("/")[1] in PARTS]
    assert len(ours) > 60
    assert {each: code for each in ours if (code := await answered(stranger, *each)) != 403} == {}
    async with httpx.AsyncClient(base_url=str(stranger.base_url)) as nobody:
        assert {each: code for each in ours if (code := await answered(nobody, *each)) != 401} == {}


async def test_who_only_reads_changes_nothing_and_reads_no_notes(support_service: Support) -> None:
    service = support_service.service
    reader = service.client("analyst", subject="ana.lyst")
    spec = (await support_service.agent.get("/openapi.json")).json()
    for method, path in routes(spec):
        if path.split("/")[1] not in PARTS or (method, path) in ASKS:
            continue
        code = await answered(reader, method, path)
        if method != "get" or path in TEAM_ONLY:
            assert code == 403, (method, path, code)


PARTS = ("tickets", "agents", "bugs", "deployments", "feature-requests", "weekly-reviews", "figures", "sla", "mails")
PARTS += ("attachments",)
