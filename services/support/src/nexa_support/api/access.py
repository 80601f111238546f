"""Who may see what in this service, and who may act on it."""

from typing import Annotated, TypeAlias

from fastapi import Depends

from nexa_chassis.http.call import Call, allow

SUPPORT = ("support_agent", "support_manager")
TEAM = (*SUPPORT, "product_manager", "engineer")
READERS = (*TEAM, "operator", "csm", "success_manager", "sales_rep", "sales_manager", "analyst")

Reader: TypeAlias = Annotated[Call, Depends(allow(*READERS))]
Teammate: TypeAlias = Annotated[Call, Depends(allow(*TEAM))]
"""Who works on what a ticket is about: reads and writes the notes that no customer sees."""
Agent: TypeAlias = Annotated[Call, Depends(allow(*SUPPORT))]
Submitter: TypeAlias = Annotated[Call, Depends(allow(*SUPPORT, "csm", "integration"))]
Planner: TypeAlias = Annotated[Call, Depends(allow("product_manager", "support_manager"))]
"""Who decides what becomes of the product, and has weeks reviewed."""
Manager: TypeAlias = Annotated[Call, Depends(allow("support_manager", "operator"))]
Developer: TypeAlias = Annotated[Call, Depends(allow("product_manager", "engineer", "support_manager"))]
"""Who decides what becomes of a bug."""
Deployer: TypeAlias = Annotated[Call, Depends(allow("engineer", "product_manager", "integration"))]
