"""The README's examples are the code that the tests run."""

import re
from pathlib import Path

import pytest

CHASSIS = Path(__file__).parents[1]
README = (CHASSIS / "README.md").read_text()
BLOCKS = re.findall(r"```python\n# (\S+)\n(.*?)\n```", README, re.DOTALL)
LINKS = re.findall(r"\]\(((?!#|http)[^)]+)\)", README)
ANCHORS = re.findall(r"\]\(#([^)]+)\)", README)


def source(name: str) -> str:
    found = CHASSIS / name if name.startswith("tests/") else CHASSIS / "tests" / "example" / name
    return found.read_text()


@pytest.mark.parametrize(("name", "code"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_an_example_is_an_excerpt_of_code_that_is_run(name: str, code: str) -> None:
    assert code in source(name)


def test_every_example_says_where_it_stands() -> None:
    assert README.count("```python") == len(BLOCKS) > 10


def test_what_the_page_links_to_is_there() -> None:
    assert [link for link in LINKS if not (CHASSIS / link).exists()] == []
    headings = [line.lstrip("# ").lower().replace(" ", "-") for line in README.splitlines() if line.startswith("#")]
    assert set(ANCHORS) <= set(headings)
