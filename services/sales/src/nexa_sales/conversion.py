"""A lead becomes contact, account and deal: four streams, one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

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
from nexa_sales.read_models.lead_profile import profile_row
from nexa_sales.read_models.where_leads_stand import standing_row


@dataclass(frozen=True)
class Conversion:
    """What a person asks for. Names that are not given are the company's."""

    lead_id: UUID
    amount: Money
    deal_name: str | None
    company: str | None


async def convert(call: Call, asked: Conversion) -> Done:
    """Execute the conversion. Raises Refused for a lead that is closed, or of an unknown company."""
    async with call.query() as connection:
        standing = await standing_row(connection, asked.lead_id)
        profile = await profile_row(connection, asked.lead_id)
    if standing is None:
        raise NotFound(
            f"Sales does not know a lead {asked.lead_id}; a new one comes here once it is scored, within seconds.",
            rule="lead.unknown",
        )
    if profile is None:
        raise unavailable("What marketing knows of the lead has not arrived here yet.")
    company = asked.company or profile["company"]
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


def _commands(
    asked: Conversion, company: str, standing: Mapping[str, Any], profile: Mapping[str, Any], *, matched: bool
) -> list[object]:
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
        size = CompanySize(profile["company_size"])
        commands.append(OpenAccount(account_id=account_id, name=company, country=profile["country"], company_size=size))
    person = {name: profile[name] for name in ("first_name", "last_name", "email", "phone", "title")}
    commands.append(AddContact(contact_id=contact_id, account_id=account_id, lead_id=lead_id, **person))
    commands.append(
        OpenDeal(
            deal_id=deal_id,
            account_id=account_id,
            primary_contact_id=contact_id,
            lead_id=lead_id,
            campaign_id=standing["campaign_id"],
            rep_id=standing["rep_id"],
            name=asked.deal_name or company,
            amount=asked.amount,
            source_label=standing["source_label"] or "",
            source_kind=LeadSourceKind(standing["source_kind"] or LeadSourceKind.OTHER),
        )
    )
    return commands
