"""What a mail says of impact and version in lines of its own."""

import pytest

from nexa_support.intake.said import said_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It fails\n\nImpact: blocking work\nVersion: 2.1.5\n", {"impact": "blocking work", "version": "2.1.5"}),
        ("  IMPACT :  slow   \n", {"impact": "slow"}),
        ("Impact: first\nImpact: second", {"impact": "first"}),
        ("The impact: none of it stands at the start of a line", {}),
        ("Impact:\nVersion:", {}),
        ("", {}),
    ],
)
def test_impact_and_version_are_taken_from_lines_of_their_own(text: str, expected: dict[str, str]) -> None:
    assert said_in(text) == expected


def test_a_line_too_long_to_be_meant_says_nothing() -> None:
    assert said_in(f"Impact: {'x' * 300}") == {}
