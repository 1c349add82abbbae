"""The OpenAPI document: what FastAPI gathers, with our problems and who may call what."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from verihook.api.openapi_examples import EXAMPLES
from verihook.api.openapi_hooks import BESIDES
from verihook.api.openapi_problems import PROBLEM
from verihook.api.routes import ANY_KEY, Routes

_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "an API key, vhk_..."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "daprApiToken": {"type": "apiKey", "in": "header", "name": "dapr-api-token"},
}


def describe(app: FastAPI, routes: Routes) -> None:
    """Make ``app.openapi()`` tell the problems, the keys, and for each operation the scope that it needs.

    In OpenAPI 3.1 a key may have roles: https://spec.openapis.org/oas/v3.1.1.html#security-requirement-object
    """
    gather = app.openapi

    def openapi() -> dict[str, Any]:
        fresh = app.openapi_schema is None
        document = gather()
        if fresh:
            components = document.setdefault("components", {})
            schemas = components.setdefault("schemas", {})
            schemas["Problem"] = PROBLEM
            schemas.update((model.__name__, model.model_json_schema()) for model in BESIDES)
            for name, example in EXAMPLES.items():
                schemas[name]["examples"] = [example]
            components["securitySchemes"] = _KEYS
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    scope = routes.get(f"{method.upper()} {path}")
                    if scope is not None:
                        roles = [] if scope == ANY_KEY else [scope]
                        operation["security"] = [{name: roles} for name in _KEYS]
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents
