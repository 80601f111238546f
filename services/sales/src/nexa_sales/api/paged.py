"""What every list route takes."""

from typing import Annotated

from fastapi import Depends, Query

from nexa_chassis.http.call import Call, allow

Limit = Annotated[int, Query(ge=1, le=200, description="How many to return, at most 200.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]
Reader = Annotated[Call, Depends(allow("sales_rep", "sales_manager", "marketing_manager", "analyst"))]
Seller = Annotated[Call, Depends(allow("sales_rep", "sales_manager"))]
Manager = Annotated[Call, Depends(allow("sales_manager"))]
