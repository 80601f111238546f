"""Who may see what in this service, and who may act on it."""

from typing import Annotated, TypeAlias

from fastapi import Depends

from nexa_chassis.http.call import Call, allow

READERS = (
    "csm",
    "implementation_specialist",
    "success_manager",
    "operator",
    "sales_rep",
    "sales_manager",
    "marketing_manager",
    "support_agent",
    "analyst",
)

Reader: TypeAlias = Annotated[Call, Depends(allow(*READERS))]
Teammate: TypeAlias = Annotated[Call, Depends(allow("csm", "implementation_specialist", "success_manager"))]
Writer: TypeAlias = Annotated[Call, Depends(allow("csm", "success_manager"))]
Manager: TypeAlias = Annotated[Call, Depends(allow("success_manager", "operator"))]
Merger: TypeAlias = Annotated[Call, Depends(allow("success_manager"))]
Reporter: TypeAlias = Annotated[Call, Depends(allow("csm", "success_manager", "integration"))]
VersionReporter: TypeAlias = Annotated[
    Call, Depends(allow("csm", "success_manager", "support_agent", "operator", "integration"))
]
ReportReader: TypeAlias = Annotated[Call, Depends(allow(*READERS, "integration"))]
