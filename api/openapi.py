"""The OpenAPI document, complete enough to be committed: `python -m api openapi` writes it, a test compares it."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import MEDIA_TYPE, Problem
from api.examples import PROBLEMS

PATH = Path(__file__).parent / "openapi.json"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems."""
    return {
        status: {
            "model": Problem,
            "description": PROBLEMS[status]["title"],
            "content": {"application/json": {"example": PROBLEMS[status]}},
        }
        for status in statuses
    }


def document(app: FastAPI) -> dict[str, Any]:
    """The document of `app`: FastAPI's, with problems under their own media type."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for path in schema["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    if status >= "400":
                        response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
        app.openapi_schema = schema
    return app.openapi_schema


def render(app: FastAPI) -> str:
    """The text of api/openapi.json."""
    return json.dumps(document(app), indent=2, ensure_ascii=False) + "\n"
