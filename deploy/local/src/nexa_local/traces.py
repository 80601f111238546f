"""One trace over all services, as a tree, from the span files of the local stack."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.tree import Tree

Span = Mapping[str, Any]


def spans_of(directory: Path, trace_id: str) -> Sequence[Span]:
    """The spans of a trace, by their start; the id may be shortened to what is unique."""
    found = [span for span in _all(directory) if span["trace"].startswith(trace_id.lower())]
    return sorted(found, key=lambda span: span["start"])


def latest(directory: Path, most: int = 20) -> Sequence[tuple[str, str, int]]:
    """(trace id, name of its root, number of spans) of the latest traces."""
    roots: dict[str, Span] = {}
    counts: dict[str, int] = defaultdict(int)
    for span in _all(directory):
        counts[span["trace"]] += 1
        known = roots.get(span["trace"])
        if known is None or span["start"] < known["start"]:
            roots[span["trace"]] = span
    newest = sorted(roots.items(), key=lambda item: -item[1]["start"])[:most]
    return [(trace, f"{root['service']}: {root['name']}", counts[trace]) for trace, root in newest]


def tree_of(spans: Sequence[Span], most_children: int = 12) -> Tree:
    """The spans as a tree; a span whose parent is not among them stands at the root."""
    known = {span["span"] for span in spans}
    children: dict[str | None, list[Span]] = defaultdict(list)
    for span in spans:
        children[span["parent"] if span["parent"] in known else None].append(span)
    begin = spans[0]["start"]
    tree = Tree(f"trace {spans[0]['trace']}, {len(spans)} spans, {_milliseconds(max(s['end'] for s in spans) - begin)}")
    _grow(tree, children[None], children, begin, most_children)
    return tree


def _grow(tree: Tree, spans: Sequence[Span], children: Mapping[str | None, list[Span]], begin: int, most: int) -> None:
    for span in spans[:most]:
        length = _milliseconds(span["end"] - span["start"])
        line = f"+{_milliseconds(span['start'] - begin)}  [bold]{span['service']}[/]  {span['name']}  {length}"
        branch = tree.add(line + (f"  [red]{span['error']}[/]" if "error" in span else ""))
        _grow(branch, children.get(span["span"], []), children, begin, most)
    if len(spans) > most:
        tree.add(f"… and {len(spans) - most} more like these")


def _all(directory: Path) -> Iterator[Span]:
    for path in sorted(directory.glob("*.jsonl")):
        yield from _lines(path)


def _lines(path: Path) -> Iterable[Span]:
    with path.open() as file:
        for line in file:
            try:
                yield json.loads(line)
            except json.JSONDecodeError:  # the last line, while it is being written
                continue


def _milliseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.1f} ms"
