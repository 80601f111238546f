"""Whoever reads the API's description alone can use it."""

from fastapi import FastAPI

from nexa_support.app import support


def test_every_operation_and_every_parameter_says_what_it_is() -> None:
    app = FastAPI()
    for routes in support.routes:
        app.include_router(routes)
    silent = []
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            if not operation.get("description"):
                silent.append(f"{method} {path}")
            for parameter in operation.get("parameters", ()):
                if parameter["in"] != "path" and not parameter.get("description"):
                    silent.append(f"{method} {path}: {parameter['name']}")
    assert silent == []
