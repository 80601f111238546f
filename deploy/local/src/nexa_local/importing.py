"""`nexa import`: any CSV becomes leads of a campaign, over marketing's public API."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from nexa_local import operations
from nexa_local.home import Home

console = Console()
errors = Console(stderr=True)

COUNTS = ("rows", "created", "updated", "duplicate", "rejected")


class ImportFailed(Exception):
    """Marketing refused a call or the import failed; the message is what it said."""


def import_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV file with a header.")],
    campaign: Annotated[str, typer.Option(help="Id or name of the campaign.")],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="COLUMN=FIELD, several times; other columns are guessed, or kept as attributes."),
    ] = None,
    match_key: Annotated[
        str | None, typer.Option(help="The column that tells leads apart; default: the e-mail column.")
    ] = None,
    constant: Annotated[list[str] | None, typer.Option(help="FIELD=VALUE for every row.")] = None,
    source_label: Annotated[str | None, typer.Option(help="What the source is called, e.g. 'Webinar Q4'.")] = None,
    source_kind: Annotated[str | None, typer.Option(help="The kind that scores, e.g. webinar.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would come of each row.")] = False,
) -> None:
    """Import a CSV file into a campaign and say what came of each row."""
    try:
        stack = operations.running_stack(Home.default())
        with operations.client(stack, "marketing", ["marketing_manager"], "nexa-import", timeout=600) as marketing:
            body = {
                "campaign_id": campaign_id(marketing, campaign),
                "filename": file.name,
                "mapping": _pairs(map_, "--map"),
                "constants": _pairs(constant, "--constant"),
                **{
                    name: value
                    for name, value in (
                        ("match_key", match_key),
                        ("source_label", source_label),
                        ("source_kind", source_kind),
                    )
                    if value
                },
            }
            done = run_import(marketing, file, body, dry_run=dry_run)
            _show(marketing, done)
    except (operations.NotRunning, ImportFailed, ValueError) as error:
        errors.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None


def campaign_id(marketing: httpx.Client, campaign: str) -> str:
    """The id of a campaign given by id or name. Raises ImportFailed where no campaign is called that."""
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
                raise ImportFailed(f"There is no campaign called {campaign!r}.") from None


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
        TimeRemainingColumn(),
        console=console,
        disable=quiet,
    ) as progress:
        task = progress.add_task("importing", total=1.0, said="")
        while True:
            now = _checked(marketing.get(place))
            rate = now.get("rows_per_second") or 0
            progress.update(task, completed=now["progress"], said=f"{now['rows']} rows, {rate:.0f} rows/s")
            if now["status"] == "failed":
                raise ImportFailed(now.get("error") or "The import failed.")
            if now["status"] == "completed" or (dry_run and now["status"] not in {"running"}):
                return now
            time.sleep(0.05)


def _show(marketing: httpx.Client, done: Mapping[str, Any]) -> None:
    console.print("  ".join(f"{name} [bold]{done[name]}[/]" for name in COUNTS))
    if not done["rejected"]:
        return
    page = _checked(marketing.get(f"/imports/{done['import_id']}/rejects", params={"limit": 10}))
    table = Table("line", "column", "reason", title="first rejected rows")
    for row in page["items"]:
        table.add_row(str(row["line"]), row["column"] or "", row["reason"])
    console.print(table)
    console.print(
        f"All of them, to mend and send again: GET {marketing.base_url}imports/{done['import_id']}/rejects.csv"
    )


def _show_mapping(sent: Mapping[str, Any]) -> None:
    mapped = {column: field for column, field in sent["mapping"].items() if field and field != "-"}
    others = len(sent["columns"]) - len(mapped)
    pairs = ", ".join(f"{column} → {field}" for column, field in mapped.items()) or "none"
    console.print(f"Columns: {pairs}; {others} kept as attributes. Match key: {sent['match_key']}")


def _pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    pairs = {}
    for each in given or ():
        name, equals, value = each.rpartition("=")
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
