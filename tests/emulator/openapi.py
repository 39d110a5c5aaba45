"""An OpenAPI document of what the emulator answers, made from its routes: for tools that explore an API by themselves.

It says which operations there are; not what Graph's objects hold.
"""

from __future__ import annotations

import re
from typing import Any

from lockstep.emulator.routes import GRAPH
from lockstep.emulator.wire import Route

_HOLE = re.compile(r"\{(\w+)\}")
_OPTIONS = ("$filter", "$select", "$top", "$count", "$skiptoken", "$expand", "$orderby", "$search")


def openapi() -> dict[str, Any]:
    """Return the document: every Graph operation under /v1.0, with path and query parameters, and any JSON body."""
    paths: dict[str, dict[str, Any]] = {}
    for route in GRAPH:
        paths.setdefault(f"/v1.0{route.template}", {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Lockstep emulator", "version": "v1.0"},
        "paths": paths,
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "security": [{"bearer": []}],
    }


def _operation(route: Route) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _HOLE.findall(route.template)
    ]
    if route.method == "GET":
        parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in _OPTIONS]
        parameters.append({"name": "ConsistencyLevel", "in": "header", "schema": {"enum": ["eventual"]}})
    operation: dict[str, Any] = {
        "operationId": route.key,
        "summary": route.summary,
        "parameters": parameters,
        "responses": {"default": {"description": "An answer as Microsoft Graph gives it."}},
    }
    if route.method in ("POST", "PATCH", "PUT"):
        operation["requestBody"] = {"content": {"application/json": {"schema": {}}}}
    return operation
