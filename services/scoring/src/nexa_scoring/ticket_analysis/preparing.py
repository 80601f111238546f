"""What deciding on a batch of tickets takes: their terms, the answers to each question, and what resembles them.

The database finds terms and candidates in one query each for the whole batch; the rest is arithmetic and goes to a thread.
"""

import asyncio
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import ContextOfCommands
from nexa_contracts.envelope import Event
from nexa_scoring.read_models import which_tickets_resemble as index
from nexa_scoring.read_models.ticket_rules_in_force import rules_in_force
from nexa_scoring.ticket_analysis.decisions import (
    AnalyseAgain,
    Analyses,
    AnalyseTicket,
    Prepared,
    SetTicketAside,
    TicketCommand,
)
from nexa_scoring.ticket_analysis.questions import Findings, TicketText, answers
from nexa_scoring.ticket_analysis.similarity import Known, likeness
from nexa_scoring.ticket_rules.state import DEFAULT_RULES, FEATURE, TicketRules

MOST_TERMS = 24
LONGEST_TERM = 40
LONGEST_TEXT = 20_000
CONFIGURATIONS = {"de": "german", "en": "english"}
OTHER = "simple"

# Unclosed tags and words joined by underscores cost PostgreSQL's parser the square of their length.
_TERMS = text(
    """
    select place, lexeme from unnest(:places, :configurations, :texts) as a(place, configuration, body),
        unnest(to_tsvector(configuration::regconfig, translate(body, '<_', '  '))) as found(lexeme, positions, weights)
    where length(lexeme) between 2 and :longest and lexeme !~ '[0-9@/._:]' order by place, positions[1], lexeme
    """
).bindparams(
    bindparam("places", type_=ARRAY(Integer)),
    bindparam("configurations", type_=ARRAY(Text)),
    bindparam("texts", type_=ARRAY(Text)),
    bindparam("longest", LONGEST_TERM),
)
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('scoring.ticket_analysis'))")


async def prepare(connection: AsyncConnection, commands: Sequence[TicketCommand]) -> Analyses:
    """Two batches wait for each other here: the later one has to see the tickets of the earlier one."""
    new = [command for command in commands if isinstance(command, AnalyseTicket)]
    again = [command.ticket_id for command in commands if isinstance(command, AnalyseAgain)]
    if not new and not again:
        return Analyses(DEFAULT_RULES, {})
    await connection.execute(_ONE_AT_A_TIME)
    aside = {command.ticket_id for command in commands if isinstance(command, SetTicketAside)}
    return await look_up(connection, new, await index.stored(connection, again), aside)


async def look_up(
    connection: AsyncConnection,
    new: Sequence[AnalyseTicket],
    again: Mapping[UUID, Known] = MappingProxyType({}),
    aside: Collection[UUID] = (),
) -> Analyses:
    """What is found out about new tickets, and what resembles those of `again`. Those set aside resemble nobody."""
    rules = await rules_in_force(connection)
    terms = await terms_of(connection, [command.text for command in new])
    findings = await asyncio.to_thread(lambda: [answers(command.text, rules) for command in new])
    tickets = [_known(*each) for each in zip(new, terms, findings, strict=True)] + list(again.values())
    candidates = await index.candidates(connection, tickets, rules)
    answered = {command.ticket_id: found for command, found in zip(new, findings, strict=True)}
    return Analyses(rules, await asyncio.to_thread(_compare, tickets, candidates, answered, rules, aside))


async def terms_of(connection: AsyncConnection, texts: Sequence[TicketText]) -> Sequence[tuple[str, ...]]:
    """The first words of each text without their endings and without those that every text has, as its language goes."""
    found: list[list[str]] = [[] for _ in texts]
    if texts:
        given = {
            "places": list(range(len(texts))),
            "configurations": [CONFIGURATIONS.get(each.language, OTHER) for each in texts],
            "texts": [_text(each) for each in texts],
        }
        for place, term in await connection.execute(_TERMS, given):
            found[place].append(term)
    return [tuple(terms[:MOST_TERMS]) for terms in found]


def _text(ticket: TicketText) -> str:
    """Without NUL, which PostgreSQL's text cannot hold."""
    return f"{ticket.subject}\n{ticket.description}"[:LONGEST_TEXT].replace("\x00", " ")


def _known(command: AnalyseTicket, terms: tuple[str, ...], findings: Findings) -> Known:
    return Known(
        ticket_id=command.ticket_id,
        submitted_at=command.submitted_at,
        terms=terms,
        account_id=command.account_id,
        product_version=command.product_version,
        feature=findings[FEATURE].value,
        type=findings["type"].value,
    )


def _compare(
    tickets: Sequence[Known],
    candidates: Sequence[Sequence[Known]],
    answered: Mapping[UUID, Findings],
    rules: TicketRules,
    aside: Collection[UUID],
) -> Mapping[UUID, Prepared]:
    """Each ticket with its candidates and with those of its own batch that share most with it."""
    batch = BatchIndex([ticket for ticket in tickets if ticket.ticket_id not in aside], rules)
    own, prepared = {ticket.ticket_id for ticket in tickets}, {}
    for ticket, stored in zip(tickets, candidates, strict=True):
        others = [each for each in stored if each.ticket_id not in aside]
        found = likeness(ticket, [*others, *batch.nearest_before(ticket)], rules)
        later = tuple(ticket_id for ticket_id in found.later if ticket_id not in own)
        prepared[ticket.ticket_id] = Prepared(answered.get(ticket.ticket_id), ticket.terms, replace(found, later=later))
    return prepared


class BatchIndex:
    """The tickets of a batch by term, as the index in the database has the stored ones."""

    def __init__(self, tickets: Sequence[Known], rules: TicketRules) -> None:
        self._rules = rules
        self._by_term: defaultdict[str, list[Known]] = defaultdict(list)
        for ticket in sorted(tickets, key=place_of):
            for term in ticket.bag:
                self._by_term[term].append(ticket)

    def nearest_before(self, ticket: Known) -> Sequence[Known]:
        """Those of an earlier time that share most with it."""
        shared: Counter[UUID] = Counter()
        known: dict[UUID, Known] = {}
        for term in index.sought(ticket, self._rules):
            here = self._by_term.get(term, ())
            end = bisect_left(here, ticket.place, key=place_of)
            for other in here[max(0, end - index.NEAREST) : end]:
                shared[other.ticket_id] += 1
                known[other.ticket_id] = other
        return [known[ticket_id] for ticket_id, _ in shared.most_common(index.COMPARED)]


def place_of(ticket: Known) -> tuple[datetime, UUID]:
    return ticket.place


def _unchanged(known: Analyses, event: Event) -> Analyses:
    return known


context = ContextOfCommands(load=prepare, evolve=_unchanged)
