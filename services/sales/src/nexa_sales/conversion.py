"""A lead becomes contact, account and deal: four streams, one transaction."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from nexa_chassis.domain import NotFound, Refused, derive
from nexa_chassis.http.call import Call
from nexa_chassis.http.problems import unavailable
from nexa_chassis.store import Done
from nexa_contracts.marketing import CompanySize, LeadSourceKind
from nexa_contracts.values import Money
from nexa_sales.account.decisions import THERE_ALREADY, OpenAccount, account_id_of
from nexa_sales.account.state import NoAccount
from nexa_sales.aggregates import account
from nexa_sales.assignment.commands import ConvertLead
from nexa_sales.contact.decisions import AddContact
from nexa_sales.deal.commands import OpenDeal

_KNOWN = """
select json_build_object(
  'standing', (
    select json_build_object('campaign_id', campaign_id, 'rep_id', rep_id, 'source_label', coalesce(source_label, ''),
      'source_kind', coalesce(source_kind, 'other'))
    from lead_standings where lead_id = %s
  ),
  'profile', (
    select json_build_object('company', company, 'country', country, 'company_size', company_size, 'first_name', first_name,
      'last_name', last_name, 'email', email, 'phone', phone, 'title', title)
    from lead_profiles where lead_id = %s and campaign_id is not null
  )
)
"""


@dataclass(frozen=True)
class Conversion:
    """What a person asks for. Names that are not given are the company's."""

    lead_id: UUID
    amount: Money
    deal_name: str | None
    company: str | None


@dataclass(frozen=True)
class Standing:
    """Where the lead stands with sales."""

    campaign_id: UUID | None
    rep_id: UUID | None
    source_label: str
    source_kind: LeadSourceKind


@dataclass(frozen=True)
class Person:
    """What marketing has told of the lead."""

    company: str | None
    country: str | None
    company_size: CompanySize
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    title: str | None


@dataclass(frozen=True)
class Known:
    """Both as far as they have come here."""

    standing: Standing | None
    profile: Person | None


_known = TypeAdapter(Known)


async def convert(call: Call, asked: Conversion) -> Done:
    """Execute the conversion. Raises Refused for a lead that is closed, or of an unknown company."""
    found = _known.validate_python(await call.ask(_KNOWN, str(asked.lead_id), str(asked.lead_id)))
    standing, profile = found.standing, found.profile
    if standing is None:
        raise NotFound(
            f"Sales does not know a lead {asked.lead_id}; a new one comes here once it is scored, within seconds.",
            rule="lead.unknown",
        )
    if profile is None:
        raise unavailable("What marketing knows of the lead has not arrived here yet.")
    company = asked.company or profile.company
    if not company:
        raise Refused(
            "The lead names no company; say which account it belongs to.",
            rule="lead.company",
            field="company",
        )
    account_id = account_id_of(company)
    known = not isinstance((await call.runtime.store.load(account, account_id)).state, NoAccount)
    try:
        return await call.execute(*_commands(asked, company, standing, profile, matched=known))
    except Refused as refused:
        if known or refused.rule != THERE_ALREADY:
            raise
        # Another lead of the company was converted at this very moment.
        return await call.execute(*_commands(asked, company, standing, profile, matched=True))


def _commands(asked: Conversion, company: str, standing: Standing, profile: Person, *, matched: bool) -> list[object]:
    lead_id, account_id = asked.lead_id, account_id_of(company)
    contact_id, deal_id = derive(lead_id, "contact"), derive(lead_id, "deal")
    commands: list[object] = [
        ConvertLead(
            lead_id=lead_id,
            company=company,
            contact_id=contact_id,
            account_id=account_id,
            account_matched=matched,
            deal_id=deal_id,
            amount=asked.amount,
        )
    ]
    if not matched:
        size = profile.company_size
        commands.append(OpenAccount(account_id=account_id, name=company, country=profile.country, company_size=size))
    commands.append(
        AddContact(
            contact_id=contact_id,
            account_id=account_id,
            lead_id=lead_id,
            first_name=profile.first_name,
            last_name=profile.last_name,
            email=profile.email,
            phone=profile.phone,
            title=profile.title,
        )
    )
    commands.append(
        OpenDeal(
            deal_id=deal_id,
            account_id=account_id,
            primary_contact_id=contact_id,
            lead_id=lead_id,
            campaign_id=standing.campaign_id,
            rep_id=standing.rep_id,
            name=asked.deal_name or company,
            amount=asked.amount,
            source_label=standing.source_label,
            source_kind=standing.source_kind,
        )
    )
    return commands
