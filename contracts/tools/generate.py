"""Writes what is derived from the event models, the processes and the services; with --check only says what is out of step.

Needs the development environment: the services are imported, since only their code knows what they react to.
"""

import argparse
import difflib
import importlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

from nexa_contracts.publishing import asyncapi, catalogue
from nexa_contracts.publishing.json_schemas import schemas
from nexa_contracts.publishing.processes import ProcessDescription, faults, page_of
from nexa_contracts.topics import ALL_TOPICS, topic_of

CONTRACTS = Path(__file__).resolve().parent.parent
REPOSITORY = CONTRACTS.parent


def consumers() -> dict[str, list[str]]:
    """For each published type the names of its consumers, `<service>.<reaction or read model>`, from the services' code."""
    found: dict[str, list[str]] = {topic.type_of(model): [] for topic in ALL_TOPICS for model in topic.events}
    for app in sorted((REPOSITORY / "services").glob("*/src/nexa_*/app.py")):
        package = app.parent.name
        service: Any = getattr(importlib.import_module(f"{package}.app"), package.removeprefix("nexa_"))
        fed = [*service.reactions, *(model for model in service.read_models if model.from_topics)]
        for consumer in fed:
            for model in consumer.on:
                found[topic_of(model).type_of(model)].append(f"{service.name}.{consumer.name}")
    return {type_name: sorted(set(names)) for type_name, names in found.items()}


def reactions(consumers: dict[str, list[str]]) -> dict[str, set[str]]:
    """The types each service reacts to."""
    services = {app.parent.parent.parent.name for app in (REPOSITORY / "services").glob("*/src/nexa_*/app.py")}
    found: dict[str, set[str]] = {service: set() for service in services}
    for type_name, names in consumers.items():
        for name in names:
            found[name.partition(".")[0]].add(type_name)
    return found


def processes() -> dict[Path, ProcessDescription]:
    """The written processes, each by its file. Raises pydantic's ValidationError naming the step that is not right."""
    files = sorted((CONTRACTS / "processes").glob("*.yaml"))
    return {file: ProcessDescription.model_validate(yaml.safe_load(file.read_text())) for file in files}


def generated(known: dict[str, list[str]]) -> dict[Path, str]:
    """The text of every generated file."""
    version = tomllib.loads((CONTRACTS / "pyproject.toml").read_text())["project"]["version"]
    texts = {CONTRACTS / "schemas" / f"{name}.json": _json(schema) for name, schema in schemas().items()}
    texts[CONTRACTS / "asyncapi.json"] = _json(asyncapi.document(version, known))
    texts[CONTRACTS / "consumers.yaml"] = "# Generated from the services' code.\n" + yaml.safe_dump(
        known, sort_keys=False
    )
    texts[REPOSITORY / "docs" / "events.md"] = catalogue.page(known)
    for file, process in processes().items():
        page = REPOSITORY / "docs" / "processes" / f"{process.id}.md"
        texts[page] = page_of(process, file.relative_to(REPOSITORY).as_posix())
    return texts


def out_of_step(texts: dict[Path, str]) -> dict[Path, str]:
    """The files that do not say what they should, each with the difference."""
    left_over = {file: "" for file in (CONTRACTS / "schemas").glob("*.json") if file not in texts}
    return {
        file: "".join(difflib.unified_diff(_lines(file), text.splitlines(True), "committed", "generated", n=1))
        for file, text in {**texts, **left_over}.items()
        if _lines(file) != text.splitlines(True)
    }


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines(True) if file.exists() else []


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of step")
    check = parser.parse_args().check
    known = consumers()
    texts = generated(known)
    for file, difference in out_of_step(texts).items():
        print(file.relative_to(REPOSITORY), "is out of step" if check else "written")
        if check:
            print(difference)
        elif file in texts:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(texts[file])
        else:
            file.unlink()
    wrong = [fault for process in processes().values() for fault in faults(process, ALL_TOPICS, reactions(known))]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong or (check and out_of_step(texts)) else 0


if __name__ == "__main__":
    sys.exit(main())
