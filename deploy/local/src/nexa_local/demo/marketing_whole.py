"""What else marketing and sales live with: a roster tried on past leads, an import taken back, who earned Acme's deal."""

import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.table import Table

from nexa_local.demo.marketing_to_sales import SENIORS
from nexa_local.demo.telling import Story, chapter, console, every, get, rep_id, send, value_of
from nexa_local.importing import revert_import, run_import

GUIDE = "Pricing Guide"
HEADER = "E-Mail;Vorname;Nachname;Firma;Position;Mitarbeiter;Telefon;Anmeldedatum;Teilgenommen;Downloads"
ROWS = (
    "ada.alder@alder.example;Ada;Alder;Alder AG;Head of IT;2500;;05/06/2026;ja;Pricing guide",
    "ben.birch@birch.example;Ben;Birch;Birch AG;Analyst;40;;28/07/2026;nein;",
    "cem.cedar@cedar.example;Cem;Cedar;Cedar AG;Student;20;;29/07/2026;nein;",
    "eva.elm@elm.example;Eva;Elm;Elm AG;Consultant;60;;30/07/2026;nein;",
    "fay.fir@fir.example;Fay;Fir;Fir AG;Analyst;30;;31/07/2026;nein;",
    "Fay.Fir@fir.example;Fay;Fir;Fir AG;Analyst;30;;31/07/2026;nein;",
    "nobody at home;Gus;Grove;Grove AG;Analyst;10;;31/07/2026;nein;",
)
"""Five new leads, one of them twice, one without an address. The first is Medium, the others are Low."""
COUNTS = ("rows", "created", "updated", "duplicate", "rejected")
KNOWN_AT = "2025-12-01T00:00:00Z"
LATE_TOUCHES = (
    ("content_downloaded", "2025-11-17T21:00:00Z", "Pricing guide"),
    ("pricing_page_visited", "2025-11-18T09:00:00Z", ""),
)
CREDITED = {
    "first": ("50000.00", "0"),
    "last": ("0", "50000.00"),
    "linear": ("16666.67", "33333.33"),
    "time_decay": ("11327.05", "38672.95"),
    "u_shaped": ("20000.00", "30000.00"),
}
"""Of $50K, for the webinar that found Acme's lead and the guide that touched it twice, at last as the deal was opened."""


def tell(story: Story, webinar: str, acme: Mapping[str, Any]) -> None:
    with chapter("What if two senior reps had not been there?"):
        try_smaller_roster(story)
    with chapter("An import is taken back"):
        guide = plan_guide(story)
        take_import_back(story, webinar, guide)
    with chapter("Who earned Acme's deal?"):
        show_attribution(story, webinar, guide, acme)


def try_smaller_roster(story: Story) -> None:
    before = _desks(story)
    gone = [{"rep_id": str(rep_id(name)), "leaves": True} for name in SENIORS[:2]]
    found = send(story.manager, "POST", "/routing/what-if", {"days": 366, "roster": gone})
    story.checks.expect("leads of a year that reps got, routed again", 250, found["leads"])
    story.checks.expect("of these with the rep they really got", found["compared"], found["as_really"])
    seniors = {str(rep_id(name)) for name in SENIORS}
    loads = [load for load in found["reps"] if load["rep_id"] in seniors]
    story.checks.expect("hot leads of each senior rep", [5] * 10, sorted(load["given_as_is"] for load in loads))
    then = [0, 0, 6, 6, 6, 6, 6, 6, 7, 7]
    story.checks.expect("and without the two", then, sorted(load["given_then"] for load in loads))
    story.checks.expect("leads that would wait", (0, 0), (found["as_is"]["unassigned"], found["then"]["unassigned"]))
    late = (found["as_is"]["past_due"], found["then"]["past_due"])
    console.print(
        f"  {found['moved']} leads would be somebody else's; first contacts past due: {late[0]}, then {late[1]}"
    )
    story.checks.expect(
        "desks that are other ones now", 0, sum(a != b for a, b in zip(before, _desks(story), strict=True))
    )


def _desks(story: Story) -> list[tuple[str, int]]:
    return sorted((rep["rep_id"], rep["open_leads"]) for rep in every(story.manager, "/reps"))


def plan_guide(story: Story) -> str:
    body = {
        "name": GUIDE,
        "type": "content",
        "start_date": "2026-08-01",
        "goal": "Reach who compares prices",
        "budget": 1000,
        "target_audience": "Who has seen the webinar",
        "source_label": GUIDE,
    }
    return str(send(story.marketing, "POST", "/campaigns", body)["campaign_id"])


def take_import_back(story: Story, webinar: str, guide: str) -> None:
    """Five leads are made, one of the webinar's gets a telephone number; somebody mends that before all is taken back."""
    waits = every(story.manager, "/leads", campaign_id=webinar, status="nurture")
    known = get(story.marketing, f"/leads/{min(lead['lead_id'] for lead in waits)}")
    row = f"{known['email']};;;;;;+49 30 1;;;"
    done = _import(story, guide, [*ROWS, row])
    story.settle()
    leads = list(every(story.marketing, "/leads", campaign_id=guide))
    story.checks.expect("their tasks and series", (1, 4), _open(story, guide))
    send(story.marketing, "PATCH", f"/leads/{known['lead_id']}", {"phone": "+49 30 2"})
    story.settle()
    expected = {"withdrawn": 5, "restored": 0, "conflicts": 1, "converted": 0}
    look = revert_import(story.marketing, done["import_id"], preview=True)
    story.checks.expect("a revert would", expected, {name: look[name] for name in expected})
    story.checks.expect("and has done nothing yet", (1, 4), _open(story, guide))
    report = revert_import(story.marketing, done["import_id"])
    story.settle()
    story.checks.expect("the revert did", expected, {name: report[name] for name in expected})
    (lead,) = every(story.marketing, f"/imports/{done['import_id']}/revert/leads", outcome="conflict")
    table = Table("line", "field", "before", "imported", "now", title="Conflicts, left alone")
    for conflict in lead["conflicts"]:
        table.add_row(str(lead["line"]), *(str(conflict[name]) for name in ("field", "before", "imported", "now")))
    console.print(table)
    kept = (lead["conflicts"][0]["field"], get(story.marketing, f"/leads/{known['lead_id']}")["phone"])
    story.checks.expect("what was edited meanwhile stays", ("phone", "+49 30 2"), kept)
    stands = {get(story.marketing, f"/leads/{lead['lead_id']}")["status"] for lead in leads}
    story.checks.expect("the five are", {"withdrawn"}, stands)
    story.checks.expect("their tasks and series", (0, 0), _open(story, guide))


def _import(story: Story, campaign: str, rows: list[str]) -> dict[str, Any]:
    """A German export with the day first in its dates: tried dry, then imported."""
    body = {"campaign_id": campaign, "filename": "guide.csv"}
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "guide.csv"
        file.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        dry = run_import(story.marketing, file, body, dry_run=True, quiet=True)
        done = run_import(story.marketing, file, body, quiet=True)
    mapping = get(story.marketing, f"/imports/{dry['import_id']}/mapping")
    columns = ", ".join(f"{each['column']} → {each['field']}" for each in mapping["columns"])
    console.print(f"  {columns}")
    story.checks.expect(
        "columns that were not recognised", 0, sum(each["field"] is None for each in mapping["columns"])
    )
    order = (mapping["date_order"], mapping["date_order_how"])
    story.checks.expect("its dates have", ("day_first", "guessed"), order)
    for reason in dry["first_reasons"]:
        console.print(f"  line {reason['line']}, {reason['outcome']}: {reason['reason']}")
    story.checks.expect(f"dry, {', '.join(COUNTS)}", (8, 5, 1, 1, 1), tuple(dry[name] for name in COUNTS))
    story.checks.expect("imported, the same", (8, 5, 1, 1, 1), tuple(done[name] for name in COUNTS))
    return done


def _open(story: Story, campaign: str) -> tuple[int, int]:
    """Open tasks and running series of the campaign's leads."""
    tasks = [task for task in every(story.manager, "/tasks", status="open") if task["campaign_id"] == campaign]
    series = every(story.marketing, "/nurture", campaign_id=campaign, status="active")
    return len(tasks), sum(1 for _ in series)


def show_attribution(story: Story, webinar: str, guide: str, acme: Mapping[str, Any]) -> None:
    """Acme's deal under each model, once two touches are known that were recorded late."""
    for kind, at, detail in LATE_TOUCHES:
        body = {"kind": kind, "at": at, "detail": detail, "campaign_id": guide}
        send(story.marketing, "POST", f"/leads/{acme['lead_id']}/engagements", body)
    story.settle()
    path = f"/deals/{acme['deal_id']}/touches"
    touches = get(story.marketing, path)["touches"]
    for touch in touches:
        console.print(f"  {touch['at'][:16]}  {touch['campaign_name']}: {touch['kind'].replace('_', ' ')}")
    table = Table("model", "Q4 Product Webinar", GUIDE, title="Acme's $50,000")
    for model, expected in CREDITED.items():
        shares = _shares(get(story.marketing, path, model=model, half_life_days=1))
        found = tuple(shares.get(campaign, Decimal(0)) for campaign in (webinar, guide))
        table.add_row(model.replace("_", " "), *(f"{share:,.2f}" for share in found))
        story.checks.expect(f"{model}: webinar, guide", tuple(map(Decimal, expected)), found)
    console.print(table)
    then = get(story.marketing, path, model="last", as_of=KNOWN_AT)
    last = then["touches"][-1]["campaign_name"]
    story.checks.expect("as known on 1 December, the last touch was", "Q4 Product Webinar", last)
    (credit,) = get(story.marketing, f"/campaigns/{guide}/attribution", model="last")["credits"]
    story.checks.expect(
        "the guide's ROI by last touch ((won − cost) ÷ cost)", Decimal(49), value_of(credit["roi_on_won_revenue"])
    )


def _shares(deal: Mapping[str, Any]) -> dict[str, Decimal]:
    shares: dict[str, Decimal] = {}
    for touch in deal["touches"]:
        amount = Decimal(touch["amount"])
        if amount:
            shares[touch["campaign_id"]] = shares.get(touch["campaign_id"], Decimal(0)) + amount
    return shares
