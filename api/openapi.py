"""The OpenAPI document, complete enough to be committed: `python -m api openapi` writes it, a test compares it."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from api.errors import MEDIA_TYPE, Problem
from api.examples import PROBLEMS
from api.guard import body_limit, needed, pattern
from api.keys import Scope
from api.responses import Outcomes
from api.schemas import ArticleNew

PATH = Path(__file__).parent / "openapi.json"
_REF = "#/components/schemas/{model}"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems."""
    schema = {"$ref": _REF.format(model="Problem")}
    return {
        status: {
            "description": PROBLEMS[status]["detail"],
            "content": {MEDIA_TYPE: {"schema": schema, "example": PROBLEMS[status]}},
        }
        for status in statuses
    }


def _complete(operation: dict[str, Any], needs: Scope | None, body: int) -> None:
    """What holds for every operation: its head must fit, a body, too, and a guarded one may turn a request away."""
    statuses = (400, 408, 413, 414, 415, 431, 500) if body else (400, 414, 431, 500)
    own = operation["responses"]
    operation["responses"] = {str(status): answer for status, answer in problems(*statuses).items()} | own
    if needs is not None:
        operation["responses"] |= {str(status): answer for status, answer in problems(401, 403, 429).items()}
        operation["security"] = [{"key": []}]
        operation["description"] = f"{operation['description']}\n\nScope of the key: {needs.name.lower()}."


def document(app: FastAPI) -> dict[str, Any]:
    """The document of `app`, with the problems' schema."""
    if app.openapi_schema is None:
        whole = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        whole["components"]["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer", "description": "Not needed where the service has no keys."}
        }
        for route in iter_route_contexts(app.routes):
            for method in route.methods or ():
                operation = whole["paths"].get(pattern(route), {}).get(method.lower())
                if operation is not None:
                    _complete(operation, needed(route.original_route), body_limit(route.original_route))
        for model in (Problem, ArticleNew, Outcomes):  # those that no route declares in FastAPI's own way
            schema = model.model_json_schema(ref_template=_REF)
            whole["components"]["schemas"] |= {**schema.pop("$defs", {}), model.__name__: schema}
        app.openapi_schema = whole
    return app.openapi_schema


def render(app: FastAPI) -> str:
    """The text of api/openapi.json."""
    return json.dumps(document(app), indent=2, ensure_ascii=False) + "\n"
