"""`nexa import`: any CSV becomes leads of a campaign, and `nexa revert-import` takes it back; over marketing's public API."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from nexa_local import operations
from nexa_local.home import Home

console = Console()
errors = Console(stderr=True)

ENDED = frozenset({"completed", "cancelled", "paused", "reverting", "reverted"})
REVERTED = ("withdrawn", "restored", "conflicts", "converted", "unchanged")
COUNTS = ("rows", "created", "updated", "duplicate", "rejected")


class ImportFailed(Exception):
    """Marketing refused a call or the import failed; the message is what it said."""


def import_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV file with a header.")],
    campaign: Annotated[str, typer.Option(help="Id or name of the campaign.")],
    new: Annotated[
        str | None, typer.Option(help="Make the campaign if there is none of that name, of this type, e.g. webinar.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="COLUMN=FIELD, several times; other columns are guessed, or kept as attributes."),
    ] = None,
    join: Annotated[
        list[str] | None, typer.Option(help="FIELD=TEXT: what stands between the parts of a field of several columns.")
    ] = None,
    match_key: Annotated[
        list[str] | None,
        typer.Option(help="A column that tells leads apart, several times; default: the e-mail column."),
    ] = None,
    mode: Annotated[str | None, typer.Option(help="create, update, or both, which is the default.")] = None,
    constant: Annotated[list[str] | None, typer.Option(help="FIELD=VALUE for every row.")] = None,
    date_order: Annotated[
        str | None, typer.Option(help="month_first or day_first, for dates with slashes; the file tells unless given.")
    ] = None,
    source_label: Annotated[str | None, typer.Option(help="What the source is called, e.g. 'Webinar Q4'.")] = None,
    source_kind: Annotated[str | None, typer.Option(help="The kind that scores, e.g. webinar.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would come of each row.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Write the rejected rows here, to mend and import again.")
    ] = None,
) -> None:
    """Import a CSV file into a campaign and say what came of each row."""
    try:
        stack = operations.running_stack(Home.default())
        with operations.client(stack, "marketing", ["marketing_manager"], "nexa-import", timeout=600) as marketing:
            body = {
                "campaign_id": campaign_id(marketing, campaign, new),
                "filename": file.name,
                "mapping": _pairs(map_, "--map"),
                "constants": _pairs(constant, "--constant"),
                "joins": _pairs(join, "--join"),
                **{
                    name: value
                    for name, value in (
                        ("match_keys", match_key),
                        ("mode", mode),
                        ("date_order", date_order),
                        ("source_label", source_label),
                        ("source_kind", source_kind),
                    )
                    if value
                },
            }
            done = run_import(marketing, file, body, dry_run=dry_run)
            show(marketing, done)
            if rejects is not None:
                _write_rejects(marketing, done, rejects, dry_run=dry_run)
    except (operations.NotRunning, ImportFailed, ValueError) as error:
        errors.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None


def revert_command(
    import_id: Annotated[UUID, typer.Argument(help="The import, as `nexa import` said it.")],
    preview: Annotated[bool, typer.Option("--preview", help="Only say what a revert would do.")] = False,
) -> None:
    """Take an import back: withdraw the leads it made, give those it changed their fields back."""
    try:
        stack = operations.running_stack(Home.default())
        with operations.client(stack, "marketing", ["marketing_manager"], "nexa-import", timeout=600) as marketing:
            _show_revert(marketing, revert_import(marketing, import_id, preview=preview))
    except (operations.NotRunning, ImportFailed) as error:
        errors.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None


def revert_import(marketing: httpx.Client, import_id: UUID, *, preview: bool = False) -> dict[str, Any]:
    """Ask for the revert, or a look at it, and wait for its end; gives its report. Raises ImportFailed."""
    asked = _checked(marketing.post(f"/imports/{import_id}/revert", json={"preview": preview}, headers=_key()))
    while True:
        answer = marketing.get(asked["report"])
        report = {"status": "running"} if answer.status_code == 404 else _checked(answer)
        if report["status"] == "failed":
            raise ImportFailed(report["error"] or "The revert failed.")
        if report["status"] == "finished":
            return report
        time.sleep(0.1)


def campaign_id(marketing: httpx.Client, campaign: str, new: str | None = None) -> str:
    """The id of a campaign given by id or name; of a new one of that type, from today on, where no campaign is called that.

    Raises ImportFailed where there is none and none is to be made.
    """
    try:
        return str(UUID(campaign))
    except ValueError:
        cursor: str | None = None
        while True:
            page = _checked(
                marketing.get("/campaigns", params={"limit": 200, **({"cursor": cursor} if cursor else {})})
            )
            for each in page["items"]:
                if each["name"].casefold() == campaign.casefold():
                    return str(each["campaign_id"])
            cursor = page["next"]
            if cursor is None:
                break
    if new is None:
        raise ImportFailed(f"There is no campaign called {campaign!r}; --new webinar makes one, of that type.")
    body = {"name": campaign, "type": new, "start_date": datetime.now(UTC).date().isoformat()}
    return str(_checked(marketing.post("/campaigns", json=body, headers=_key()))["campaign_id"])


def run_import(
    marketing: httpx.Client, file: Path, body: Mapping[str, Any], *, dry_run: bool = False, quiet: bool = False
) -> dict[str, Any]:
    """Create the import, send the file, start it and wait for its end; gives the finished import. Raises ImportFailed."""
    made = _checked(marketing.post("/imports", json=body, headers=_key()))
    place = f"/imports/{made['import_id']}"
    with file.open("rb") as content:
        sent = _checked(marketing.put(f"{place}/file", content=content, headers={"Content-Type": "text/csv", **_key()}))
    if not quiet:
        _show_mapping(sent)
    _checked(marketing.post(f"{place}/start", json={"dry_run": dry_run}, headers=_key()))
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        console=console,
        disable=quiet,
    ) as progress:
        task = progress.add_task("importing", total=1.0, said="")
        while True:
            now = _checked(marketing.get(place))
            rate = now.get("rows_per_second") or 0
            said = f"{now['rows']} rows, {rate:.0f} rows/s"
            if now["seconds_left"] is not None:
                said += f", {timedelta(seconds=round(now['seconds_left']))} left"
            progress.update(task, completed=now["progress"], said=said)
            if now["status"] == "failed":
                raise ImportFailed(now.get("error") or "The import failed.")
            if now["status"] in ENDED or (dry_run and now["status"] != "running"):
                return now
            time.sleep(0.05)


def show(marketing: httpx.Client, done: Mapping[str, Any]) -> None:
    """Say what came of each row, of a dry run what would."""
    console.print(f"import {done['import_id']}: {done['status']}")
    console.print("  ".join(f"{name} [bold]{done[name]}[/]" for name in COUNTS))
    if not done["rejected"]:
        return
    params: dict[str, Any] = {"dry_run": done["dry_run"]}
    page = _checked(marketing.get(f"/imports/{done['import_id']}/rejects", params={"limit": 10, **params}))
    table = Table("line", "column", "reason", title="first rejected rows")
    for row in page["items"]:
        table.add_row(str(row["line"]), row["column"] or "", row["reason"])
    console.print(table)
    everything = marketing.build_request("GET", f"/imports/{done['import_id']}/rejects.csv", params=params).url
    console.print(f"All of them, to mend and send again: GET {everything}")


def _write_rejects(marketing: httpx.Client, done: Mapping[str, Any], file: Path, *, dry_run: bool) -> None:
    place = f"/imports/{done['import_id']}/rejects.csv"
    with marketing.stream("GET", place, params={"dry_run": dry_run}) as answer:
        if not answer.is_success:
            answer.read()
            _checked(answer)
        with file.open("wb") as out:
            for piece in answer.iter_bytes():
                out.write(piece)
    console.print(f"Rejected rows: {file}")


def _show_revert(marketing: httpx.Client, report: Mapping[str, Any]) -> None:
    console.print("  ".join(f"{name} [bold]{report[name]}[/]" for name in REVERTED))
    if not report["conflicts"]:
        return
    params = {"preview": report["preview"], "outcome": "conflict", "limit": 10}
    page = _checked(marketing.get(f"/imports/{report['import_id']}/revert/leads", params=params))
    table = Table("line", "field", "before", "imported", "now", "changed by", title="first conflicts, left alone")
    for lead in page["items"]:
        for conflict in lead["conflicts"]:
            texts = (str(conflict[name]) for name in ("field", "before", "imported", "now", "changed_by"))
            table.add_row(str(lead["line"]), *texts)
    console.print(table)


def _show_mapping(sent: Mapping[str, Any]) -> None:
    mapped = {column: field for column, field in sent["mapping"].items() if field and field != "-"}
    others = len(sent["columns"]) - len(mapped)
    pairs = ", ".join(f"{column} → {field}" for column, field in mapped.items()) or "none"
    console.print(
        f"Columns: {pairs}; {others} kept as attributes. Matched by: {', '.join(sent['match_keys']) or 'nothing yet'}"
    )
    if "registered_at" in mapped.values():
        console.print(f"Dates with slashes: {sent['date_order'].replace('_', ' ')} ({sent['date_order_how']})")


def _pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    pairs = {}
    for each in given or ():
        name, equals, value = each.rpartition("=") if option == "--map" else each.partition("=")
        if not equals or not name:
            raise ValueError(f"{option} {each!r}: write NAME=VALUE")
        pairs[name] = value
    return pairs


def _key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def _checked(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        found: dict[str, Any] = answer.json()
        return found
    try:
        problem = answer.json()
        text = problem.get("detail") or problem.get("title") or json.dumps(problem)
        details = "; ".join(
            f"{each.get('field', '')}: {each.get('message', each)}" for each in problem.get("errors", [])
        )
    except ValueError:
        text, details = answer.text[:500], ""
    raise ImportFailed(f"marketing answered {answer.status_code}: {text} {details}".strip())
