"""The page of what programs can ask for: made here, since the usual ones load from other places."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hiphinge.web.access import WhoDep, allow
from hiphinge.web.pages import page

__all__ = ["Operation", "operations", "router", "schema_of"]

router = APIRouter(include_in_schema=False)
#: Held while the document is made.
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for, as the page shows it."""

    method: str
    path: str
    summary: str
    text: str
    parameters: tuple[tuple[str, str, str], ...]
    body: str
    answers: tuple[tuple[str, str], ...]


@router.get("/api-docs", dependencies=[allow("public")])
def show_reference(request: Request, who: WhoDep) -> Response:
    """Show what programs can ask for."""
    return page(request, who, "reference.html", operations=operations(schema_of(request.app)))


@router.get("/api/openapi.json", dependencies=[allow("public")])
def openapi(request: Request) -> Response:
    """Send the same in a form for programs."""
    return JSONResponse(schema_of(request.app))


def schema_of(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an app. It is made when first asked for: once, however many ask."""
    with _MAKING:
        return app.openapi()


def operations(schema: dict[str, Any]) -> list[Operation]:
    """Return the operations of an OpenAPI document, by their paths."""
    found = [
        _operation(method, path, one)
        for path, methods in sorted(schema.get("paths", {}).items())
        for method, one in methods.items()
        if isinstance(one, dict)
    ]
    return sorted(found, key=lambda one: (not one.path.startswith("/api/"), one.path, one.method))


def _operation(method: str, path: str, one: dict[str, Any]) -> Operation:
    text = str(one.get("description", ""))
    head, _line, rest = text.partition("\n")
    parameters = tuple(
        (str(each["name"]), str(each["in"]), _kind(each.get("schema", {}))) for each in one.get("parameters", ())
    )
    bodies = ", ".join(one.get("requestBody", {}).get("content", {}))
    answers = tuple((str(code), str(each.get("description", ""))) for code, each in one.get("responses", {}).items())
    return Operation(
        method.upper(), path, head or str(one.get("summary", "")), rest.strip(), parameters, bodies, answers
    )


def _kind(schema: dict[str, Any]) -> str:
    """Return what a parameter is, in a word."""
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_kind(each) for each in schema["anyOf"])
    return str(schema.get("type", ""))
