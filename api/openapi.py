"""The OpenAPI document, complete enough to be committed: `python -m api openapi` writes it, a test compares it."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import MEDIA_TYPE, Problem
from api.examples import PROBLEMS

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


def document(app: FastAPI) -> dict[str, Any]:
    """The document of `app`, with the problems' schema."""
    if app.openapi_schema is None:
        whole = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        problem = Problem.model_json_schema(ref_template=_REF)
        whole["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
        app.openapi_schema = whole
    return app.openapi_schema


def render(app: FastAPI) -> str:
    """The text of api/openapi.json."""
    return json.dumps(document(app), indent=2, ensure_ascii=False) + "\n"
