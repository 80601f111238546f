"""Words and phrases of the rules, and finding them in a text in one pass.

A word that ends in `*` stands for all words that begin so. `type:bug` is no text: it holds where that was answered before.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[?!]")

SHORTEST_STEM = 2


def words_of(text: str) -> list[str]:
    """Its words in small letters; question and exclamation marks are words too."""
    return _WORD.findall(text.casefold().replace("\u2019", "'"))


def is_answer(phrase: str) -> bool:
    return ":" in phrase


@dataclass(frozen=True, slots=True)
class Entry:
    """`rest` are the words after the first one."""

    phrase: str
    rest: tuple[str, ...]
    question: str
    answer: str
    weight: float


class Words:
    """A set of words, some of which stand for all that begin so."""

    def __init__(self, words: Iterable[str]) -> None:
        self._whole: set[str] = set()
        self._stems: set[str] = set()
        for word in words:
            (self._stems if word.endswith("*") else self._whole).add(word.casefold().rstrip("*"))
        self._lengths = sorted({len(stem) for stem in self._stems})

    def __contains__(self, word: str) -> bool:
        return word in self._whole or any(word[:length] in self._stems for length in self._lengths)


class Phrasebook:
    """Phrases by their first word, so that a text is gone through once however many there are."""

    def __init__(self) -> None:
        self._whole: dict[str, list[Entry]] = {}
        self._stems: dict[str, list[Entry]] = {}
        self._answers: dict[str, list[Entry]] = {}
        self._lengths: list[int] = []

    def add(self, phrase: str, question: str, answer: str, weight: float) -> None:
        if is_answer(phrase):
            self._answers.setdefault(phrase, []).append(Entry(phrase, (), question, answer, weight))
            return
        first, *rest = parts_of(phrase)
        entry = Entry(phrase, tuple(rest), question, answer, weight)
        if first.endswith("*"):
            stem = first.rstrip("*")
            self._stems.setdefault(stem, []).append(entry)
            self._lengths = sorted({*self._lengths, len(stem)})
        else:
            self._whole.setdefault(first, []).append(entry)

    def found_in(self, words: Sequence[str]) -> Iterator[Entry]:
        """What the text says; a phrase comes as often as it stands there."""
        for place, word in enumerate(words):
            entries = list(self._whole.get(word, ()))
            for length in self._lengths:
                entries += self._stems.get(word[:length], ()) if len(word) >= length else ()
            for entry in entries:
                if not entry.rest or _follows(entry.rest, words, place + 1):
                    yield entry

    def following_from(self, question: str, answer: str) -> Iterator[Entry]:
        """What an answer given before speaks for."""
        yield from self._answers.get(f"{question}:{answer}", ())


def parts_of(phrase: str) -> list[str]:
    """The words of a phrase as they are looked for, each with its `*`."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?\*?|[?!]", phrase.casefold())


def _follows(rest: tuple[str, ...], words: Sequence[str], place: int) -> bool:
    if place + len(rest) > len(words):
        return False
    for part, word in zip(rest, words[place:], strict=False):
        if word != part and not (part.endswith("*") and word.startswith(part[:-1])):
            return False
    return True
