"""Metrics and logs: what is counted, and what is never written."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.logs import JsonLines
from tests.api_client import ask, put, serving

FERRY = "It rained. The old ferry sank near Morlo on a cold day. Nobody drowned."
QUESTION = "Where did the old ferry sink on that cold day?"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        put(client, "a", FERRY)
        yield client


def samples(client: TestClient) -> dict[tuple[str, frozenset[str]], float]:
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_requests_and_answers_are_counted(client: TestClient) -> None:
    ask(client, QUESTION)
    ask(client, QUESTION)
    ask(client, QUESTION, min_confidence=1)
    client.get("/v1/articles/none-of-that-id")
    found = samples(client)
    assert found["quoteline_http_requests_total", frozenset(("POST", "/v1/ask", "200"))] == 3
    assert found["quoteline_http_requests_total", frozenset(("GET", "/v1/articles/{id}", "404"))] == 1
    assert found["quoteline_answers_total", frozenset(("answered", "", "false"))] == 1
    assert found["quoteline_answers_total", frozenset(("answered", "", "true"))] == 1
    assert found["quoteline_answers_total", frozenset(("no_answer", "low_confidence", "false"))] == 1
    assert found["quoteline_stage_seconds_count", frozenset(("read",))] == 2
    assert found["quoteline_confidence_count", frozenset()] == 2
    assert found["quoteline_index_generation", frozenset()] == 1
    assert found["quoteline_queue_depth", frozenset(("read",))] == 0
    assert found["process_open_fds", frozenset()] > 0


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(JsonLines().format(record)) for record in caplog.records]


def test_a_request_is_one_line_without_its_question_and_its_address(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "api"):
        response = client.get("/v1/ask", params={"q": QUESTION})
        client.get("/v1/articles/sesame")
        client.get("/livez")
    first, second = lines(caplog)
    assert (first["method"], first["route"], first["status"]) == ("GET", "/v1/ask", 200)
    assert first["request_id"] == response.headers["x-request-id"]
    assert second["route"] == "/v1/articles/{id}"
    assert "ferry" not in caplog.text
    assert "sesame" not in json.dumps(lines(caplog))


def test_questions_are_logged_when_asked_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "api"), serving(tmp_path, log_questions=True) as client:
        ask(client, QUESTION)
    assert lines(caplog)[-1]["question"] == QUESTION


def test_a_line_break_in_a_message_stays_in_its_line() -> None:
    record = logging.makeLogRecord({"msg": "two\nlines \ud800", "levelname": "ERROR"})
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines \ud800"
