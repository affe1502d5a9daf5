"""Examples for the OpenAPI document."""

from http import HTTPStatus
from typing import Any

from api.errors import SENTENCES

_TEXT = "Northby orders electric workboats\n\nThe harbour board ordered 14 electric workboats on Monday."


def _citation(start: int, end: int) -> dict[str, Any]:
    first = _TEXT.index("The harbour")
    return {
        "article": {
            "id": "workboats",
            "title": "Northby orders electric workboats",
            "url": "https://example.org/workboats",
            "source": "Northby Courier",
            "published": "2024-05-14",
            "language": "en",
        },
        "start": start,
        "end": end,
        "exact": _TEXT[start:end],
        "prefix": _TEXT[first:start],
        "suffix": _TEXT[end:],
        "links": {
            "article": "/v1/articles/workboats",
            "view": f"/articles/workboats?start={start}&end={end}",
            "source": "https://example.org/workboats#:~:text=14",
        },
    }


def _ask(question: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": "ans_5f0c6d1e2b7a4c8d9e3f1a2b4c5d6e7f",
        "question": question,
        "corrected_question": None,
        "answer": None,
        "alternatives": [],
        "no_answer": None,
        **fields,
        "meta": {
            "index": {"generation": 12, "articles": 5, "passages": 41},
            "models": {"embedder": "all-MiniLM-L6-v2", "reader": "quoteline-reader"},
            "threshold": 0.35,
            "cached": False,
            "timings_ms": {"embed": 3.1, "search": 1.2, "read": 31.0, "total": 35.3},
        },
    }


def _problem(status: int, code: str, detail: str, *errors: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": "0b6f2c9a4d1e4f7f8a3c5e7d9b1f2a4c",
        "errors": list(errors),
    }


_NUMBER = _TEXT.index("14")
_SENTENCE = (_TEXT.index("The harbour"), len(_TEXT))

ANSWERS = {
    "answered": {
        "summary": "Answered",
        "value": _ask(
            "How many workboats were ordered?",
            status="answered",
            answer={"text": "14", "confidence": 0.91, "citations": [_citation(_NUMBER, _NUMBER + 2)]},
        ),
    },
    "no_answer": {
        "summary": "No answer",
        "value": _ask(
            "Who builds the workboats?",
            status="no_answer",
            no_answer={"reason": "low_confidence", "best_confidence": 0.21, "see_also": [_citation(*_SENTENCE)]},
        ),
    },
}

PROBLEMS = {
    **{status: _problem(status, *sentence) for status, sentence in SENTENCES.items()},
    400: _problem(400, "invalid_json", "The body is not JSON from character 17 on."),
    404: _problem(404, "article_not_found", "There is no article of that id; GET /v1/articles lists those there are."),
    422: _problem(
        422,
        "invalid_request",
        "The request has fields that cannot be used; see errors.",
        {"pointer": "#/top_k", "code": "less_than_equal", "detail": "Input should be less than or equal to 10."},
    ),
    503: _problem(503, "not_ready", "Not ready yet: the models are loading; try again in a moment."),
}
