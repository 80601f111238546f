"""How the leads of an import were routed, over HTTP."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound
from nexa_contracts.sales import RepCount
from nexa_sales.api.bodies import Reader
from nexa_sales.read_models.how_an_import_was_routed import routed_import_row

routes = APIRouter(tags=["imports"])


class RoutedImportView(BaseModel):
    import_id: UUID
    campaign_id: UUID
    campaign_name: str
    reps: list[RepCount] = Field(description="Each rep that got leads, with how many.")
    waiting: int = Field(description="Leads that found nobody at first; the queue says which still wait.")
    nurture: int
    total: int = Field(description="Leads the import created.")
    routed_at: datetime


@routes.get("/imports/{import_id}/routing")
async def read_routing(import_id: UUID, call: Reader) -> RoutedImportView:
    """Counts per rep, of an import whose leads have all been routed once; 404 before."""
    async with call.query() as connection:
        row = await routed_import_row(connection, import_id)
    if row is None:
        raise NotFound(f"The import {import_id} is not wholly routed, or unknown.", rule="import.not_routed")
    return RoutedImportView.model_validate(row)
