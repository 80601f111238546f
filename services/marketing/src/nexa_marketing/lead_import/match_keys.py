"""Which lead a key belongs to: an e-mail address, or the value of a column. One key is one lead's, over all campaigns.

A key is claimed for a lead id before the lead is there; whoever meets a claim whose lead was never made makes it under that id.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.store import Store
from nexa_marketing.lead_import.interpret import EMAIL_KEY, MatchKey

_CLAIM = text(
    "insert into match_keys (kind, value, lead_id)"
    " select kind, value, lead_id from json_to_recordset(cast(:claims as json)) as c(kind text, value text, lead_id uuid)"
    " order by kind, value on conflict do nothing"
)
_CLAIM_ONE = (
    "with claimed as (insert into match_keys (kind, value, lead_id) values (%s, %s, %s) on conflict do nothing"
    " returning lead_id)"
    " select lead_id from claimed union all select lead_id from match_keys where kind = %s and value = %s"
)
# With its offset a lateral join is a look-up per key, whatever the planner believes of a table that an import fills.
OWNERS = text(
    "select k.* from json_to_recordset(cast(:keys as json)) as c(kind text, value text) cross join lateral"
    " (select kind, value, lead_id from match_keys where kind = c.kind and value = c.value offset 0) as k"
)

_RELEASE_ALL = text(
    "delete from match_keys where lead_id in"
    " (select cast(value as uuid) from json_array_elements_text(cast(:lead_ids as json)))"
)
_RELEASE = text(
    "delete from match_keys k using json_to_recordset(cast(:keys as json)) as c(lead_id uuid, value text)"
    " where k.lead_id = c.lead_id and k.value = c.value"
)


async def claim(connection: AsyncConnection, claims: Mapping[MatchKey, UUID]) -> dict[MatchKey, UUID]:
    """Claim each key for its lead where it is free; the answer is whose each key is now.

    A key that another open transaction has just claimed is waited for.
    """
    if not claims:
        return {}
    rows = [{"kind": key.kind, "value": key.value, "lead_id": str(lead_id)} for key, lead_id in claims.items()]
    claimed = await connection.execute(_CLAIM, {"claims": orjson.dumps(rows).decode()})
    return dict(claims) if claimed.rowcount == len(claims) else await owners(connection, claims)


async def owners(connection: AsyncConnection, keys: Iterable[MatchKey]) -> dict[MatchKey, UUID]:
    """The lead of each key that is known."""
    rows = [{"kind": key.kind, "value": key.value} for key in keys]
    if not rows:
        return {}
    found = await connection.execute(OWNERS, {"keys": orjson.dumps(rows).decode()})
    return {MatchKey(kind, value): lead_id for kind, value, lead_id in found}


async def release(connection: AsyncConnection, lead_ids: Iterable[UUID], texts: Iterable[tuple[UUID, str]]) -> None:
    """Let go all keys of these leads, and of other leads those keys that are one of these texts."""
    rows = [{"lead_id": str(lead_id), "value": value} for lead_id, value in texts]
    await connection.execute(_RELEASE_ALL, {"lead_ids": orjson.dumps(list(lead_ids)).decode()})
    await connection.execute(_RELEASE, {"keys": orjson.dumps(rows).decode()})


async def claim_email(store: Store, email: str, lead_id: UUID) -> UUID:
    """The lead that this address belongs to, which is `lead_id` if it was free. Claimed for good when this returns."""
    while True:
        owner = await store.fetch(_CLAIM_ONE, (EMAIL_KEY, email, str(lead_id), EMAIL_KEY, email))
        if owner and owner[0][0] is not None:
            return UUID(owner[0][0].decode())
        # Somebody else claimed it while the statement ran, which therefore sees neither; the next one does.
