"""What is asked about a ticket, and how the rules answer: by the words that stand in it.

Each question is answered by one function, a `Judge`. The confidence of an answer is its evidence ÷ (its evidence + that of
the second best + 1): one word of weight 1 gives 0.5, contradicting words take certainty away. Evidence is the sum of the
weights of the words found, each counted once, half as much again where it stands in the subject. Below the rules' threshold
nothing is said, and a person decides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

from nexa_contracts.scoring import Finding
from nexa_contracts.support import TicketType
from nexa_scoring.ticket_rules.phrases import Entry, words_of
from nexa_scoring.ticket_rules.state import FEATURE, TicketRules

IN_SUBJECT = 1.5
MOST_WORDS = 4_000
NAMED = 4
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class TicketText:
    """What somebody wrote. `type` is what the sender said it is."""

    subject: str
    description: str
    impact: str | None = None
    type: TicketType | None = None
    language: str = "en"


@dataclass
class Evidence:
    """Phrases that speak for one answer, each with its weight."""

    phrases: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.phrases.values())

    def add(self, entry: Entry, weight: float) -> None:
        self.phrases[entry.phrase] = max(weight, self.phrases.get(entry.phrase, 0.0))


@dataclass(frozen=True)
class Reading:
    """A ticket with what its words speak for, by question and answer."""

    ticket: TicketText
    evidence: Mapping[str, Mapping[str, Evidence]]


Findings: TypeAlias = Mapping[str, Finding]

Judge: TypeAlias = Callable[[Reading, Findings, TicketRules], Finding]
"""Answers one question about a ticket, given the answers so far. A learned model takes a rule's place by being one."""


def by_words(question: str, usual: str | None = None) -> Judge:
    """What answers before speak for is evidence like words. For the `usual` answer it is none against words: it counts
    where they decide nothing, so that what says nothing of it is as most of its kind are, and contradictions stay open.
    """

    def judge(reading: Reading, known: Findings, rules: TicketRules) -> Finding:
        found = {answer: Evidence(dict(each.phrases)) for answer, each in reading.evidence.get(question, {}).items()}
        following = [
            entry
            for asked, finding in known.items()
            if finding.value is not None
            for entry in rules.phrasebook.following_from(asked, finding.value)
            if entry.question == question
        ]
        for entry in following:
            if entry.answer != usual:
                found.setdefault(entry.answer, Evidence()).add(entry, entry.weight)
        said = weigh(found, rules)
        if said.value is not None or usual is None:
            return said
        for entry in following:
            if entry.answer == usual:
                found.setdefault(usual, Evidence()).add(entry, entry.weight)
        return weigh(found, rules)

    return judge


def said_or_by_words(reading: Reading, known: Findings, rules: TicketRules) -> Finding:
    """The type: what the sender said it is, else by the words."""
    if reading.ticket.type is not None:
        return Finding(value=reading.ticket.type.value, confidence=Decimal(1), because="said by the sender")
    return by_words("type")(reading, known, rules)


JUDGES: Mapping[str, Judge] = {
    "type": said_or_by_words,
    "priority": by_words("priority", usual="normal"),
    "sentiment": by_words("sentiment"),
    "urgency": by_words("urgency"),
    FEATURE: by_words(FEATURE),
}
"""In the order in which they are asked; a later one knows the answers of the earlier ones."""


def answers(ticket: TicketText, rules: TicketRules) -> Findings:
    """The finding of each question."""
    reading, known = read(ticket, rules), dict[str, Finding]()
    for question, judge in JUDGES.items():
        known[question] = judge(reading, known, rules)
    return known


def read(ticket: TicketText, rules: TicketRules) -> Reading:
    evidence: dict[str, dict[str, Evidence]] = {}
    texts = ((ticket.subject, IN_SUBJECT), ((ticket.impact or "").replace("_", " "), 1.0), (ticket.description, 1.0))
    for text, factor in texts:
        for entry in rules.phrasebook.found_in(words_of(text)[:MOST_WORDS]):
            answer = evidence.setdefault(entry.question, {}).setdefault(entry.answer, Evidence())
            answer.add(entry, entry.weight * factor)
    return Reading(ticket, evidence)


def weigh(found: Mapping[str, Evidence], rules: TicketRules) -> Finding:
    """The answer with most evidence, unless it is too uncertain."""
    if not found:
        return Finding(value=None, confidence=Decimal(0), because="says nothing about it")
    ranked = sorted(found, key=lambda answer: (-found[answer].total, answer))
    best = found[ranked[0]].total
    second = found[ranked[1]].total if len(ranked) > 1 else 0.0
    confidence = best / (best + second + 1)
    certain = confidence >= rules.abstain_below
    return Finding(
        value=ranked[0] if certain else None,
        confidence=rounded(confidence),
        because=_because(ranked, found) if certain else f"uncertain: {_because(ranked[:2], found, all_of_them=True)}",
    )


def rounded(number: float) -> Decimal:
    return Decimal(number).quantize(HUNDREDTH, ROUND_HALF_UP)


def _because(ranked: list[str], found: Mapping[str, Evidence], *, all_of_them: bool = False) -> str:
    if all_of_them:
        return "; ".join(f"{answer} {_said(found[answer])}" for answer in ranked)
    return _said(found[ranked[0]])


def _said(evidence: Evidence) -> str:
    heaviest = sorted(evidence.phrases, key=lambda phrase: -evidence.phrases[phrase])[:NAMED]
    words = [phrase.rstrip("*") for phrase in heaviest if ":" not in phrase]
    follows = [f"it is {_article(phrase)}" for phrase in heaviest if ":" in phrase]
    return "; ".join(([f"says: {', '.join(words)}"] if words else []) + follows)


def _article(phrase: str) -> str:
    answer = phrase.partition(":")[2]
    return f"an {answer}" if answer[0] in "aeiou" else f"a {answer}"
