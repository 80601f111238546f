"""The operator's addresses: /livez, /readyz, /status and /metrics. They need no token and show nothing personal."""

from typing import cast

import orjson
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from nexa_chassis.http.problems import problem_of
from nexa_chassis.logs import logger
from nexa_chassis.status import ServiceStatus, Vitals


def _vitals(request: Request) -> Vitals:
    return cast(Vitals, request.app.state.vitals)


def _verdict(reasons: dict[str, str]) -> Response:
    body = {"ok": not reasons, "reasons": reasons}
    return Response(orjson.dumps(body), 503 if reasons else 200, media_type="application/json")


async def livez(request: Request) -> Response:
    """Whether the process should be left running."""
    return _verdict(_vitals(request).liveness())


async def readyz(request: Request) -> Response:
    """Whether the process can do its work; if not, which part cannot and why."""
    return _verdict(await _vitals(request).readiness())


async def status(request: Request) -> ServiceStatus:
    """How busy the service is and how far behind each consumer."""
    return await _vitals(request).status()


async def metrics(request: Request) -> Response:
    """Figures for Prometheus. With the database away, those that do not come from it."""
    try:
        await _vitals(request).status()
    except Exception as error:
        if problem_of(error) is None:
            raise
        logger("http").warning("metrics.without_database", error=type(error).__name__)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def operations() -> APIRouter:
    """The routes; what they tell comes from `app.state.vitals`."""
    router = APIRouter(tags=["operations"])
    for path, endpoint in {"/livez": livez, "/readyz": readyz, "/metrics": metrics}.items():
        router.add_api_route(path, endpoint, methods=["GET"], response_class=Response)
    router.add_api_route("/status", status, methods=["GET"], response_model=ServiceStatus)
    return router
