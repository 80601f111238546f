"""A measured figure beside its floor, and the page they stand on."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
NOTES = Path(__file__).with_name("notes.md")


@dataclass(frozen=True)
class Figure:
    """`floor` is the same work done as lean as can be, in the same run; None where the target is a time.

    `share` of the floor is to be at least `at_least`; a `value` without a floor is to be at most `at_most`.
    """

    name: str
    value: float
    unit: str
    floor_name: str = ""
    floor: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    checked: str = ""

    @property
    def share(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def met(self) -> bool:
        if self.at_least is not None:
            return (self.share if self.floor else self.value) >= self.at_least  # type: ignore[operator]
        return self.at_most is None or self.value <= self.at_most

    def row(self) -> Sequence[str]:
        share = f"{self.share:.2f}" if self.share is not None else ""
        floor = f"{_number(self.floor)} ({self.floor_name})" if self.floor is not None else self.floor_name
        target = f"≥ {self.at_least:,.6g}" if self.at_least is not None else ""
        target = f"≤ {self.at_most:,.6g} {self.unit}" if self.at_most is not None else target
        return (
            self.name,
            f"{_number(self.value)} {self.unit}",
            floor,
            share,
            target,
            "met" if self.met else "missed",
            self.checked,
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.3g}"


HEAD = ("what", "measured", "floor", "share", "target", "", "checked", "run")


def page(figures: Sequence[Figure]) -> str:
    """The whole page: the table, the machine, and the notes on what was missed. Rows that were not run stay as they were."""
    run = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores"
    rows = {row[0]: row for row in _rows_before()}
    rows |= {figure.name: (*figure.row(), run) for figure in figures}
    lines = [HEAD, tuple("---" for _ in HEAD), *rows.values()]
    table = "\n".join(f"| {' | '.join(row)} |" for row in lines)
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("aiokafka", "faststream", "psycopg", "sqlalchemy", "pydantic")
    )
    return (
        "# Benchmarks\n\n"
        "Written by `make bench`; each figure stands beside its floor, measured in the same run on the same server.\n"
        "Ratios hold better than absolute figures: the machine is a shared one.\n\n"
        f"{table}\n\n"
        f"{platform.machine()}, Python {platform.python_version()}, {packages}; Kafka 4.4.0;\n"
        "PostgreSQL 18 with fsync, synchronous_commit and full_page_writes on.\n\n"
        f"{NOTES.read_text()}"
    )


def _rows_before() -> list[tuple[str, ...]]:
    """The table as it stands on the page."""
    lines = PAGE.read_text().splitlines() if PAGE.exists() else []
    cells = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines if line.startswith("| ")]
    return [row for row in cells[2:] if len(row) == len(HEAD)]
