"""Odd questions are answered or declined, bad ones refused: never a 500."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.api_client import ask, assert_problem, put, serving

FERRY = "The old ferry sank near Morlo on a cold day."


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        yield client


@pytest.mark.parametrize(
    "question", ["C++?", "it's", "NEAR(", 'hello-world AND "', "NOT", "* OR 1", "a" * 1000, "𝔘?", "7"]
)
def test_an_odd_question_has_an_answer_or_none(client: TestClient, question: str) -> None:
    put(client, "a", FERRY)
    assert ask(client, question)["status"] in {"answered", "no_answer"}


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ('"' + "a" * 1001 + '"', "string_too_long"),
        ('""', "string_too_short"),
        ('"🛰️"', "no_letter_or_digit"),
        ('" \\n?"', "no_letter_or_digit"),
        ('"sunk \\ud83d"', "string_unicode"),
        ('"sunk \\u0000"', "string_pattern_mismatch"),
        ("true", "string_type"),
        ("null", "string_type"),
        ("[]", "string_type"),
    ],
)
def test_a_question_that_cannot_be_asked_is_a_422(client: TestClient, question: str, code: str) -> None:
    put(client, "a", FERRY)
    response = client.post(
        "/v1/ask", content=f'{{"question": {question}}}', headers={"content-type": "application/json"}
    )
    (error,) = assert_problem(response, 422, "invalid_request")["errors"]
    assert (error["pointer"], error["code"]) == ("#/question", code)


@pytest.mark.parametrize(
    ("field", "pointer"),
    [
        ('"top_k": true', "#/top_k"),
        ('"top_k": 0', "#/top_k"),
        ('"top_k": -1', "#/top_k"),
        ('"top_k": 3.0', "#/top_k"),
        ('"top_k": "3"', "#/top_k"),
        ('"top_k": 9223372036854775808', "#/top_k"),
        (f'"top_k": {"9" * 4000}', "#/top_k"),
        ('"min_confidence": NaN', "#/min_confidence"),
        ('"min_confidence": 1e999', "#/min_confidence"),
        ('"min_confidence": true', "#/min_confidence"),
        ('"min_confidence": 1.01', "#/min_confidence"),
        ('"explain": 1', "#/explain"),
        ('"filters": {"published": {"gte": "20200101"}}', "#/filters/published/gte"),
        ('"filters": {"published": {"lt": "2021-02-30"}}', "#/filters/published/lt"),
        ('"filters": {"published": {"lt": 5}}', "#/filters/published/lt"),
        ('"filters": {"source": "nypost"}', "#/filters/source"),
        ('"filters": {"source": ["\\udc00"]}', "#/filters/source/0"),
        ('"filters": {"colour": []}', "#/filters"),
        ('"colour": 1', "#"),
        ('"\\ud800": 1', "#"),
    ],
)
def test_a_field_that_cannot_be_used_is_pointed_at(client: TestClient, field: str, pointer: str) -> None:
    response = client.post(
        "/v1/ask", content=f'{{"question": "why?", {field}}}', headers={"content-type": "application/json"}
    )
    (error,) = assert_problem(response, 422, "invalid_request")["errors"]
    assert error["pointer"] == pointer


def test_a_raw_lone_surrogate_is_a_422(client: TestClient) -> None:
    content = b'{"question": "sunk \xed\xa0\x80"}'
    response = client.post("/v1/ask", content=content, headers={"content-type": "application/json"})
    assert_problem(response, 422, "invalid_request")


@pytest.mark.parametrize("query", ["", "q=", "q=%3F", "q=why&top_k=true", "q=why&top_k=11", "q=why&explain=1"])
def test_a_link_that_cannot_be_asked_is_a_422(client: TestClient, query: str) -> None:
    (error,) = assert_problem(client.get(f"/v1/ask?{query}"), 422, "invalid_request")["errors"]
    assert error["pointer"].startswith("query")


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["question", "top_k", "filters", "min_confidence", "explain", "source", "published", "zz"]
                ),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_no_json_is_a_server_error(client: TestClient, body: object) -> None:
    response = client.post("/v1/ask", content=json.dumps(body), headers={"content-type": "application/json"})
    assert response.status_code in (200, 422)


def test_another_library_has_other_tags(tmp_path: Path) -> None:
    tags = []
    for name in ("one", "other"):
        with serving(tmp_path / name) as client:
            put(client, "a", "The old ferry sank near Morlo on a cold day.")
            tags.append(client.get("/v1/ask", params={"q": "Where did the old ferry sink?"}).headers["etag"])
    assert tags[0] != tags[1]
