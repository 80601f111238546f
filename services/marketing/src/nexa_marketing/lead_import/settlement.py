"""What becomes of the rows of one step: which lead each is about, and what that lead takes over from it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.origin import Origin
from nexa_chassis.transaction import Transaction
from nexa_contracts.marketing import LeadCreated, LeadUpdated
from nexa_marketing.lead.decisions import ImportLead, lead
from nexa_marketing.lead.state import Active, LeadOrigin, NoLead, Withdrawn
from nexa_marketing.lead_import import ledger, match_keys
from nexa_marketing.lead_import.csv_rows import printable
from nexa_marketing.lead_import.interpret import EMAIL_KEY, Candidate, MatchKey, Rejected
from nexa_marketing.lead_import.ledger import Outcome, RowOutcome
from nexa_marketing.lead_import.mapping import ImportMode


@dataclass(frozen=True)
class _Match:
    """The lead that a row is about, and the key it was found by; None where the row makes a new one."""

    lead_id: UUID
    by: MatchKey | None


class Settlement:
    """Finds out what becomes of rows, and does it unless it is a dry run."""

    def __init__(self, tx: Transaction, found_by: LeadOrigin, origin: Origin, mode: ImportMode, *, dry: bool) -> None:
        assert found_by.import_id is not None
        self._tx = tx
        self._import_id = found_by.import_id
        self._found_by = found_by
        self._origin = origin
        self._mode = mode
        self._dry = dry
        self._digests: dict[MatchKey, UUID] = {}

    async def settle(self, rows: Sequence[Candidate | Rejected]) -> list[RowOutcome]:
        candidates = [row for row in rows if isinstance(row, Candidate)]
        outcomes = [rejected(row) for row in rows if isinstance(row, Rejected)]
        fresh, repeated = await self._without_repeats(candidates)
        matches, refused = await self._matched(fresh)
        taken = [row for row in fresh if row.line in matches]
        outcomes += repeated + refused + await self._import(taken, matches)
        return sorted(outcomes, key=lambda outcome: outcome.line)

    async def _without_repeats(self, rows: Sequence[Candidate]) -> tuple[list[Candidate], list[RowOutcome]]:
        """Rows of which no key has been seen in this file, and the repetitions of earlier ones."""
        digests = self._digests = {key: digest(key) for row in rows for key in row.match}
        seen = await ledger.lines_of(self._tx.connection, self._import_id, digests.values(), dry=self._dry)
        fresh: list[Candidate] = []
        repeated: list[RowOutcome] = []
        for row in rows:
            again = next(((key, seen[digests[key]]) for key in row.match if digests[key] in seen), None)
            if again is None:
                fresh.append(row)
                seen.update((digests[key], row.line) for key in row.match)
            else:
                reason = f"the same {again[0].called} as in line {again[1]}"
                repeated.append(RowOutcome(row.line, Outcome.DUPLICATE, reason=reason))
        return fresh, repeated

    async def _matched(self, rows: Sequence[Candidate]) -> tuple[dict[int, _Match], list[RowOutcome]]:
        """The lead of each row, by line: the one that a key of it belongs to, or a new one; and the rows that fit to none."""
        known = await match_keys.owners(self._tx.connection, (key for row in rows for key in row.keys))
        matches = {row.line: self._match(row, known) for row in rows}
        claims: dict[MatchKey, UUID] = {}
        for row in rows:
            if self._may_take(matches[row.line]):
                for key in row.keys:
                    claims.setdefault(key, matches[row.line].lead_id)
        owners = {**known, **await self._claimed(claims)}
        refused: list[RowOutcome] = []
        for row in rows:
            match = matches[row.line]
            if match.by is None and (owner := owners.get(row.match[0], match.lead_id)) != match.lead_id:
                match = matches[row.line] = _Match(owner, row.match[0])  # somebody else has just made it
            if reason := self._refusal(row, match, owners):
                refused.append(rejected(Rejected(row.line, None, reason, printable(row.cells))))
                del matches[row.line]
        return matches, refused

    def _match(self, row: Candidate, known: Mapping[MatchKey, UUID]) -> _Match:
        for key in row.match:
            if key in known:
                return _Match(known[key], key)
        return _Match(derive(self._import_id, "lead", row.line), None)

    def _may_take(self, match: _Match) -> bool:
        """Whether a row with this match can lead to anything in this mode."""
        known = match.by is not None
        return self._mode is ImportMode.BOTH or known == (self._mode is ImportMode.UPDATE)

    def _refusal(self, row: Candidate, match: _Match, owners: Mapping[MatchKey, UUID]) -> str | None:
        if match.by is None and self._mode is ImportMode.UPDATE:
            return _not_known(row)
        for key in row.keys:
            if owners.get(key, match.lead_id) != match.lead_id:
                if key in row.match and match.by is not None:
                    return f"the {match.by.called} is one lead's and the {key.called} another's"
                return f"the {key.called} is another lead's; match by the {_column(key)} to update that one"
        return None

    async def _claimed(self, claims: Mapping[MatchKey, UUID]) -> dict[MatchKey, UUID]:
        """Whose each key is. A dry run claims nothing: a free key is whose it would be."""
        if self._dry:
            return {**claims, **await match_keys.owners(self._tx.connection, claims)}
        return await match_keys.claim(self._tx.connection, claims)

    async def _import(self, rows: Sequence[Candidate], matches: Mapping[int, _Match]) -> list[RowOutcome]:
        commands = {row.line: (self._command(row, matches[row.line]), self._origin) for row in rows}
        await self._tx.load(list(commands.values()))
        states = {row.line: self._tx.unit.heads[f"{lead.name}-{matches[row.line].lead_id}"].state for row in rows}
        wanted = [commands[row.line] for row in rows if self._wants(states[row.line])]
        facts = self._tx.decide(wanted) if self._dry else await self._tx.execute(wanted)
        facts_of = _by_lead(facts)
        outcomes: list[RowOutcome] = []
        for row in rows:
            state, match = states[row.line], matches[row.line]
            if self._wants(state):
                outcome = _what_happened(row, state, match, facts_of.get(match.lead_id, ()))
            elif isinstance(state, NoLead):
                outcome = rejected(Rejected(row.line, None, _not_known(row), printable(row.cells)))
            else:
                reason = f"{_by(row, match, state)}the lead is known, and the import only makes new ones"
                outcome = RowOutcome(row.line, Outcome.DUPLICATE, match.lead_id, reason)
            outcome.key_digest, *others = [self._digests[key] for key in row.match]
            outcome.other_digests = tuple(others)
            outcomes.append(outcome)
        return outcomes

    def _wants(self, state: object) -> bool:
        match self._mode:
            case ImportMode.CREATE:
                return isinstance(state, NoLead)
            case ImportMode.UPDATE:
                return not isinstance(state, NoLead)
            case ImportMode.BOTH:
                return True

    def _command(self, row: Candidate, match: _Match) -> ImportLead:
        found_by = self._found_by
        origin = LeadOrigin(found_by.campaign_id, found_by.campaign_name, self._import_id, row.line)
        by_address = match.by is not None and match.by.kind == EMAIL_KEY
        return ImportLead(match.lead_id, origin, row.profile, by_address)


def digest(key: MatchKey) -> UUID:
    """A key's fingerprint, to find it again among the rows of the same file."""
    return UUID(bytes=hashlib.blake2b(f"{key.kind}\x1f{key.value}".encode(), digest_size=16).digest())


def rejected(row: Rejected) -> RowOutcome:
    return RowOutcome(row.line, Outcome.REJECTED, column=row.column, reason=row.reason, cells=tuple(row.cells))


def _not_known(row: Candidate) -> str:
    keys = " or ".join(key.called for key in row.match)
    return f"no lead has this {keys}, and the import only changes known ones"


def _column(key: MatchKey) -> str:
    return f"{key.called.replace(' address', '')} column"


def _by(row: Candidate, match: _Match, state: object) -> str:
    by = match.by or row.match[0]
    former = by.kind == EMAIL_KEY and isinstance(state, Active) and by.value != state.profile.email
    return f"matched by {'an earlier ' if former else ''}{by.called}: "


def _by_lead(facts: Iterable[Recorded]) -> dict[UUID, list[Recorded]]:
    found: dict[UUID, list[Recorded]] = {}
    for fact in facts:
        found.setdefault(UUID(fact.stream[-36:]), []).append(fact)
    return found


def _what_happened(row: Candidate, state: object, match: _Match, facts: Sequence[Recorded]) -> RowOutcome:
    """Outcome and reason of a row, by the events it led to."""
    by, lead_id = _by(row, match, state), match.lead_id
    for fact in facts:
        match fact.event:
            case LeadCreated():
                return RowOutcome(row.line, Outcome.CREATED, lead_id)
            case LeadUpdated(changed=changed):
                return RowOutcome(row.line, Outcome.UPDATED, lead_id, f"{by}changed {', '.join(changed)}")
            case _:
                pass
    if facts:
        return RowOutcome(row.line, Outcome.UPDATED, lead_id, f"{by}a lead of another campaign joined this one")
    if isinstance(state, Withdrawn):
        return RowOutcome(row.line, Outcome.DUPLICATE, lead_id, f"{by}the lead was withdrawn ({state.reason})")
    return RowOutcome(row.line, Outcome.DUPLICATE, lead_id, f"{by}the lead has all of it already")
