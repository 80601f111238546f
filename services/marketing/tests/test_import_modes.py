"""What an import may do, how rows are matched, and what each outcome says of it; over HTTP, through the real database."""

from typing import Any

import pytest

KNOWN = b"Email,Title\nada@alder.example,CTO\n"
MIXED = b"Email,Title\nada@alder.example,CEO\nben@birch.example,CFO\nADA@alder.example,Chair\n"
COUNTS = ("created", "updated", "duplicate", "rejected")


async def rows_of(service: Any, import_id: str, *, dry_run: bool = False) -> list[tuple[str, str | None]]:
    params = {"dry_run": str(dry_run).lower()}
    items = (await service.ask("GET", f"/imports/{import_id}/rows", params=params))["items"]
    return [(item["outcome"], item["reason"]) for item in items]


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    ("mode", "outcomes"),
    [
        ("both", [("updated", "matched by e-mail address: changed title"), ("created", None)]),
        (
            "create",
            [
                ("duplicate", "matched by e-mail address: the lead is known, and the import only makes new ones"),
                ("created", None),
            ],
        ),
        (
            "update",
            [
                ("updated", "matched by e-mail address: changed title"),
                ("rejected", "no lead has this e-mail address, and the import only changes known ones"),
            ],
        ),
    ],
)
async def test_a_mode_says_what_an_import_may_do(
    marketing_service: Any, mode: str, outcomes: list[tuple[str, str | None]], dry_run: bool
) -> None:
    campaign_id = await marketing_service.campaign()
    await marketing_service.imported(campaign_id, KNOWN)
    stand = await marketing_service.imported(campaign_id, MIXED, mode=mode, dry_run=dry_run)
    expected = [*outcomes, ("duplicate", "the same e-mail address as in line 2")]
    assert await rows_of(marketing_service, stand["import_id"], dry_run=dry_run) == expected
    assert tuple(stand[name] for name in COUNTS) == tuple(
        sum(outcome == name for outcome, _ in expected) for name in COUNTS
    )


async def test_what_an_updating_import_did_not_find_can_be_made_by_its_reject_file(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    stand = await marketing_service.imported(campaign_id, MIXED, mode="update")
    assert (stand["rejected"], stand["duplicate"]) == (2, 1)
    rejects = (await marketing_service.client.get(f"/imports/{stand['import_id']}/rejects.csv")).content
    again = await marketing_service.imported(campaign_id, rejects)
    assert tuple(again[name] for name in COUNTS) == (2, 0, 0, 0)


async def test_several_keys_find_a_lead_by_the_first_that_is_known(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    keys = {"match_keys": ["CRM ID", "Email"]}
    first = b"CRM ID,Email,Title\nC-1,ada@alder.example,CTO\n,ben@birch.example,CFO\n"
    assert (await marketing_service.imported(campaign_id, first, **keys))["created"] == 2
    second = (
        b"CRM ID,Email,Title\nC-1,ada@new.example,CEO\nC-2,ben@birch.example,COO\nC-3,cleo@cedar.example,CIO\n"
        b"C-2,dora@dogwood.example,Chair\nC-9,ada@new.example,Chair\n,,Nobody\n"
    )
    stand = await marketing_service.imported(campaign_id, second, **keys)
    assert await rows_of(marketing_service, stand["import_id"]) == [
        ("updated", "matched by crm id: changed email, title"),
        ("updated", "matched by e-mail address: changed title, attributes"),
        ("created", None),
        ("duplicate", "the same crm id as in line 3"),
        ("duplicate", "the same e-mail address as in line 2"),
        ("rejected", "there is nothing to match by: 'CRM ID', 'Email' are empty"),
    ]
    third = await marketing_service.imported(campaign_id, b"CRM ID,Title\nC-2,CTO\n", match_keys=["CRM ID"])
    assert third["updated"] == 1


async def test_a_row_found_by_an_earlier_address_leaves_the_lead_the_one_it_has_now(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    await marketing_service.imported(campaign_id, KNOWN)
    (ada,) = (await marketing_service.ask("GET", "/leads", params={"campaign_id": str(campaign_id)}))["items"]
    for address in ("ada@birch.example", None):
        await marketing_service.ask("PATCH", f"/leads/{ada['lead_id']}", json={"email": address, "title": "Chair"})
        for reason in ("changed title", "the lead has all of it already"):
            stand = await marketing_service.imported(campaign_id, KNOWN)
            ((_, told),) = await rows_of(marketing_service, stand["import_id"])
            assert told == f"matched by an earlier e-mail address: {reason}"
        lead = await marketing_service.ask("GET", f"/leads/{ada['lead_id']}")
        assert (lead["email"], lead["title"]) == (address, "CTO")


async def test_keys_of_two_leads_in_one_row_reject_it(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    keys = {"match_keys": ["Id", "Email"]}
    await marketing_service.imported(campaign_id, b"Id,Email\n1,ada@alder.example\n2,ben@birch.example\n", **keys)
    for dry_run in (True, False):
        stand = await marketing_service.imported(
            campaign_id, b"Id,Email\n1,ben@birch.example\n", **keys, dry_run=dry_run
        )
        assert await rows_of(marketing_service, stand["import_id"], dry_run=dry_run) == [
            ("rejected", "the id is one lead's and the e-mail address another's")
        ]


async def test_a_dry_run_shows_the_first_reasons_with_the_counts(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    await marketing_service.imported(campaign_id, KNOWN)
    stand = await marketing_service.imported(campaign_id, MIXED + b"nobody,\n", dry_run=True)
    assert [(each["line"], each["outcome"], each["column"]) for each in stand["first_reasons"]] == [
        (4, "duplicate", None),
        (5, "rejected", "Email"),
    ]
    assert "not an e-mail address" in stand["first_reasons"][1]["reason"]


async def test_several_columns_fill_one_field_and_a_constant_all_rows(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    import_id = await marketing_service.upload(campaign_id, b"Email,Role,Team\nada@alder.example,Lead,IT\n")
    choices = {"mapping": {"Role": "title", "Team": "title"}, "joins": {"title": " - "}, "constants": {"country": "DE"}}
    await marketing_service.start(import_id, **choices)
    await marketing_service.ended(import_id)
    (row,) = (await marketing_service.ask("GET", "/leads"))["items"]
    assert (row["title"], row["country"]) == ("Lead - IT", "DE")
    shown = await marketing_service.ask("GET", f"/imports/{import_id}/mapping")
    assert [column["field"] for column in shown["columns"]] == ["email", "title", "title"]
    assert shown["joins"] == {"title": " - "}


async def test_a_constant_that_no_row_could_take_is_refused_at_the_start(marketing_service: Any) -> None:
    import_id = await marketing_service.upload(await marketing_service.campaign(), KNOWN)
    body = {"constants": {"attended": "perhaps"}}
    problem = await marketing_service.ask("POST", f"/imports/{import_id}/start", 422, json=body)
    assert (problem["rule"], problem["errors"][0]["field"]) == ("import.constant", "constants")
