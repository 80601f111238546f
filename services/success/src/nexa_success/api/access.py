"""Who may see how accounts do, and who may act on it."""

from typing import Annotated, TypeAlias

from fastapi import Depends

from nexa_chassis.http.call import Call, allow

READERS = ("csm", "success_manager", "implementation_specialist", "sales_rep", "sales_manager", "analyst")

Reader: TypeAlias = Annotated[Call, Depends(allow(*READERS))]
Writer: TypeAlias = Annotated[Call, Depends(allow("csm", "success_manager"))]
Reporter: TypeAlias = Annotated[Call, Depends(allow("csm", "success_manager", "integration"))]
ReportReader: TypeAlias = Annotated[Call, Depends(allow(*READERS, "integration"))]
