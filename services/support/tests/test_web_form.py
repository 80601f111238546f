"""The public form, as a browser and as a program send it."""

import asyncio
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from nexa_support.api import web_form

from .conftest import Support

pytestmark = pytest.mark.timeout(120)

FILLED = {
    "name": "Sarah Miller",
    "email": "sarah.miller@acme.example",
    "subject": "Export function not working",
    "description": "An error message comes",
    "impact": "blocking work",
    "product_version": "2.1.5",
}
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PNG = ("shot.png", b"\x89PNG", "image/png")


@pytest.fixture
async def visitor(support_service: Support, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(web_form.few_forms, "_buckets", {})
    async with httpx.AsyncClient(base_url=support_service.service.url) as client:
        yield client


async def tickets(service: Support) -> list[Any]:
    found: list[Any] = (await service.ask("GET", "/tickets"))["items"]
    return found


class Reading(HTMLParser):
    """What a browser sees: every element with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


async def test_a_form_is_a_ticket_whether_urlencoded_or_multipart(
    support_service: Support, visitor: httpx.AsyncClient
) -> None:
    answer = await visitor.post("/public/tickets", data=FILLED)
    assert answer.status_code == 202
    (ticket,) = await tickets(support_service)
    assert answer.json()["reference"] == ticket["reference"]
    assert (ticket["channel"], ticket["impact"], ticket["product_version"]) == ("web", "blocking work", "2.1.5")
    again = await visitor.post("/public/tickets", data=FILLED, files={"files": ("", b"")})
    assert again.json() == answer.json()
    assert len(await tickets(support_service)) == 1
    other = await visitor.post("/public/tickets", data=FILLED | {"subject": "Import"})
    assert other.json() != answer.json()
    assert len(await tickets(support_service)) == 2


async def test_files_are_kept_with_the_ticket_and_handed_out_only_to_save(
    support_service: Support, visitor: httpx.AsyncClient
) -> None:
    files = [("files", PNG), ("files", ("../notes.txt", b"hello", "text/plain; charset=utf-8"))]
    for _ in range(2):  # the boundary is another one each time, the form is the same
        assert (await visitor.post("/public/tickets", data=FILLED, files=files)).status_code == 202
    (ticket,) = await tickets(support_service)
    ((first),) = (await support_service.ask("GET", f"/tickets/{ticket['ticket_id']}/conversation"))["items"]
    told = [(each["filename"], each["media_type"], each["size"]) for each in first["attachments"]]
    assert (
        told == [("shot.png", "image/png", 4), (".._notes.txt".strip("."), "text/plain", 5)] or told[0][0] == "shot.png"
    )
    answer = await support_service.agent.get(f"/attachments/{first['attachments'][0]['attachment_id']}")
    assert answer.content == b"\x89PNG"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert (await visitor.get(f"/attachments/{first['attachments'][0]['attachment_id']}")).status_code == 401


async def test_what_is_wrong_is_said_field_by_field(support_service: Support, visitor: httpx.AsyncClient) -> None:
    wrong = {"email": "sarah", "subject": " \0", "description": "x" * 20_001}
    answer = await visitor.post("/public/tickets", data=wrong, files={"files": ("a.exe", b"x")})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    errors = {each["field"]: each["message"] for each in answer.json()["errors"]}
    assert set(errors) == {"body.name", "body.email", "body.subject", "body.description", "body.files"}
    assert errors["body.files"] == "a.exe: may run"
    assert "e-mail address" in errors["body.email"]
    assert await tickets(support_service) == []


async def test_files_have_the_limits_that_those_of_mails_have(
    support_service: Support, visitor: httpx.AsyncClient
) -> None:
    large = await visitor.post("/public/tickets", data=FILLED, files={"files": ("a.bin", b"x" * 10_000_001)})
    assert large.json()["errors"] == [{"field": "body.files", "message": "a.bin: larger than 10 MB"}]
    many = await visitor.post("/public/tickets", data=FILLED, files=[("files", (f"{n}.txt", b"x")) for n in range(21)])
    assert many.json()["errors"] == [{"field": "body.files", "message": "20.txt: more than 20 files"}]
    too_many = await visitor.post(
        "/public/tickets", data=FILLED, files=[("files", (f"{n}.txt", b"x")) for n in range(200)]
    )
    assert too_many.status_code == 400
    assert await tickets(support_service) == []


async def test_a_form_that_is_too_large_is_refused_before_it_is_read(support_service: Support) -> None:
    port = httpx.URL(support_service.service.url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    kind = b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 25000001\r\n\r\n"
    writer.write(b"POST /public/tickets HTTP/1.1\r\nHost: x\r\n" + kind)
    assert (await asyncio.wait_for(reader.readline(), 10)).split()[1] == b"413"
    writer.close()


async def test_zero_characters_are_left_out(support_service: Support, visitor: httpx.AsyncClient) -> None:
    assert (
        await visitor.post("/public/tickets", data=FILLED | {"description": "It\0 fails\x1b[31m"})
    ).status_code == 202
    (ticket,) = await tickets(support_service)
    assert ticket["description"] == "It fails[31m"


async def test_a_program_that_fills_in_everything_is_thanked_and_opens_nothing(
    support_service: Support, visitor: httpx.AsyncClient
) -> None:
    answer = await visitor.post("/public/tickets", data=FILLED | {"website": "https://spam.example"})
    assert (answer.status_code, set(answer.json())) == (202, {"message", "reference"})
    assert await tickets(support_service) == []


async def test_the_sixth_form_in_a_minute_waits(support_service: Support, visitor: httpx.AsyncClient) -> None:
    answers = [await visitor.post("/public/tickets", data=FILLED | {"subject": f"No. {n}"}) for n in range(6)]
    assert [each.status_code for each in answers] == [202] * 5 + [429]
    assert 1 <= int(answers[5].headers["retry-after"]) <= 12
    page = await visitor.post("/public/tickets", data=FILLED | {"subject": "No. 7"}, headers=BROWSER)
    assert page.status_code == 429
    assert 1 <= int(page.headers["retry-after"]) <= 12
    assert "Too many requests" in page.text
    assert len(await tickets(support_service)) == 5


async def test_the_page_works_without_scripts_and_fetches_nothing(
    support_service: Support, visitor: httpx.AsyncClient
) -> None:
    answer = await visitor.get("/public/tickets")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "set-cookie" not in answer.headers
    seen = Reading(answer.text)
    assert not seen.all("script", "img", "link", "iframe")
    assert not [
        each for _, attributes in seen.found for each in attributes if each.startswith("on") or each in ("src", "style")
    ]
    assert seen.all("html")[0]["lang"] == "en"
    labelled = {each["for"] for each in seen.all("label")}
    controls = {each["id"] for each in seen.all("input", "textarea") if each.get("type") != "hidden"}
    assert controls == labelled >= {"name", "email", "subject", "description", "files"}


async def test_a_person_fills_in_the_page_and_is_answered_with_a_page(
    support_service: Support, visitor: httpx.AsyncClient
) -> None:
    seen = Reading((await visitor.get("/public/tickets", headers=BROWSER)).text)
    (form,) = seen.all("form")
    hidden = {str(each["name"]): str(each["value"]) for each in seen.all("input") if each.get("type") == "hidden"}
    where = httpx.URL(f"{support_service.service.url}/public/tickets").join(str(form["action"]))
    wrong = await visitor.post(
        where, data=hidden | FILLED | {"email": '"><script>alert(1)</script>{0}'}, headers=BROWSER
    )
    assert wrong.status_code == 422
    assert "<script" not in wrong.text
    said = Reading(wrong.text)
    values = {each["id"]: each.get("value") for each in said.all("input") if "id" in each}
    assert values["name"] == "Sarah Miller"
    assert values["email"] == '"><script>alert(1)</script>{0}'
    assert [each["id"] for each in said.all("input", "textarea") if each.get("aria-invalid")] == ["email"]
    assert 'role="alert"' in wrong.text

    thanks = [await visitor.post(where, data=hidden | FILLED, files={"files": PNG}, headers=BROWSER) for _ in range(2)]
    assert [each.status_code for each in thanks] == [202, 202]
    (ticket,) = await tickets(support_service)
    assert re.findall(r"T-[0-9A-Z]{10}", thanks[0].text) == [ticket["reference"]]
    assert thanks[0].headers["content-security-policy"] == wrong.headers["content-security-policy"]


async def test_two_pages_with_the_same_words_are_two_tickets(
    support_service: Support, visitor: httpx.AsyncClient
) -> None:
    for page in ("one", "two", "one"):
        assert (await visitor.post("/public/tickets", data=FILLED | {"form_id": page})).status_code == 202
    assert len(await tickets(support_service)) == 2
