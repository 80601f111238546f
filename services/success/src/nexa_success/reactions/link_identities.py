"""Records are linked to customers as they come: a lead is its own until it is converted, then it is its account's."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.marketing import LeadCreated
from nexa_contracts.sales import AccountCreated, ContactCreated, LeadConverted
from nexa_contracts.success import Member, MemberKind
from nexa_success.identity.decisions import LinkMember


def react(fact: Recorded, now: datetime) -> Iterator[LinkMember]:
    match fact.event:
        case LeadCreated(lead_id=lead_id):
            yield LinkMember(lead_id, Member(kind=MemberKind.LEAD, member_id=lead_id))
        case AccountCreated(account_id=account_id):
            yield LinkMember(account_id, Member(kind=MemberKind.ACCOUNT, member_id=account_id))
        case ContactCreated(account_id=account_id, contact_id=contact_id):
            yield LinkMember(account_id, Member(kind=MemberKind.CONTACT, member_id=contact_id))
        case LeadConverted(lead_id=lead_id, contact_id=contact_id, account_id=account_id):
            yield LinkMember(account_id, Member(kind=MemberKind.ACCOUNT, member_id=account_id))
            yield LinkMember(account_id, Member(kind=MemberKind.CONTACT, member_id=contact_id))
            yield LinkMember(account_id, Member(kind=MemberKind.LEAD, member_id=lead_id))
        case _:
            return


link_identities = Reaction(
    name="link_identities", on=(LeadCreated, AccountCreated, ContactCreated, LeadConverted), react=react
)
