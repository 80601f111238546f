"""The days as they would have begun for leads that other scoring rules put in another band at their first score."""

from collections.abc import Mapping
from dataclasses import replace

from nexa_contracts.sales import AssignmentReason, LeadQueued
from nexa_contracts.values import Band
from nexa_sales.what_if.history import DeskRow, History, LeadRow


def rebanded(history: History, bands: Mapping[str, Band]) -> History:
    """With these bands, by lead. A Low lead comes to no rep, one that was Low comes to sales when it was left to the series.

    Leads that came before the period stay as they are.
    """
    if not bands:
        return history
    came = {row.lead_id for row in history.happened if isinstance(row, LeadRow) and _is_first(row)}
    came |= {row.lead_id for row in history.nurtured}
    wanted = {lead_id: band for lead_id, band in bands.items() if lead_id in came}
    from_series = [row._replace(kind=LeadQueued) for row in history.nurtured if row.lead_id in wanted]
    rows = sorted([*history.happened, *from_series], key=lambda row: row.position)
    happened = [changed for row in rows if (changed := _changed(row, wanted)) is not None]
    return replace(history, happened=happened)


def _is_first(row: LeadRow) -> bool:
    return row.first or row.reason is AssignmentReason.FIRST


def _changed(row: LeadRow | DeskRow, bands: Mapping[str, Band]) -> LeadRow | DeskRow | None:
    """A lead keeps the band it is given: that it really moved up later moves it no more."""
    if isinstance(row, DeskRow) or row.lead_id not in bands:
        return row
    band = bands[row.lead_id]
    if band is Band.LOW:
        return None
    demand = None if row.demand is None else replace(row.demand, band=band)
    stays = AssignmentReason.FIRST if row.reason is AssignmentReason.REROUTED else row.reason
    return row._replace(demand=demand, reason=stays)
