"""Ratings of answers: taken, kept where eval finds them, and listed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import api.feedback
import rag.feedback
from tests.api_client import ask, assert_problem, put, serving

TEXT = "It rained. The old ferry sank near Morlo on a cold day. Nobody drowned."
QUESTION = "Where did the old ferry sink on that cold day?"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        put(client, "a", TEXT, source="Courier")
        yield client


def rate(client: TestClient, answer_id: str, **fields: Any) -> Any:
    return client.post("/v1/feedback", json={"answer_id": answer_id, "rating": "down", **fields})


def test_a_rating_is_kept_with_its_question_and_answer(client: TestClient, tmp_path: Path) -> None:
    body = ask(client, QUESTION, filters={"source": ["Courier"], "published": {"gte": None}})
    start = TEXT.index("cold day")
    correct = {"article": "a", "start": start, "end": start + 8}
    response = rate(client, body["id"], reason="wrong", comment="No.", correct=correct)
    assert (response.status_code, response.content) == (204, b"")
    ((_, record),) = rag.feedback.read(tmp_path / rag.feedback.FILE)
    assert record.pop("at")
    at = TEXT.index("Morlo")
    assert record == {
        "answer_id": body["id"],
        "rating": "down",
        "reason": "wrong",
        "comment": "No.",
        "question": QUESTION,
        "filters": {"source": ["Courier"]},
        "status": "answered",
        "answer": "Morlo",
        "citations": [{"article": "a", "start": at, "end": at + 5, "exact": "Morlo"}],
        "generation": 1,
        "correct": {
            **correct,
            "exact": "cold day",
            "evidence": "The old ferry sank near Morlo on a cold day.",
        },
    }


def test_a_declined_and_a_repeated_question_can_be_rated(client: TestClient, tmp_path: Path) -> None:
    for _ in range(2):
        assert rate(client, ask(client, QUESTION, min_confidence=1)["id"]).status_code == 204
    records = [record for _, record in rag.feedback.read(tmp_path / rag.feedback.FILE)]
    assert [(record["status"], record["answer"], record["citations"]) for record in records] == [
        ("no_answer", None, [])
    ] * 2
    assert len({record["answer_id"] for record in records}) == 2


def test_an_answer_nobody_gave_cannot_be_rated(client: TestClient) -> None:
    assert_problem(rate(client, "ans_" + "0" * 32), 404, "answer_not_found")


def test_an_answer_of_long_ago_cannot_be_rated(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.feedback, "_REMEMBERED", 2)
    ids = [ask(client, QUESTION)["id"] for _ in range(3)]
    assert [rate(client, id).status_code for id in ids] == [404, 204, 204]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"rating": "meh"}, "#/rating"),
        ({"reason": ""}, "#/reason"),
        ({"comment": "x\0"}, "#/comment"),
        ({"comment": "x" * 2001}, "#/comment"),
        ({"correct": {"article": "a", "start": 3, "end": 3}}, "#/correct"),
        ({"correct": {"article": "a", "start": 0, "end": 999}}, "#/correct"),
        ({"correct": {"article": "b", "start": 0, "end": 1}}, "#/correct"),
        ({"correct": {"article": "a", "start": -1, "end": 1}}, "#/correct/start"),
        ({"correct": {"article": "a", "start": 0, "end": 2**63}}, "#/correct/end"),
        ({"answer_id": "x"}, "#/answer_id"),
        ({"sesame": 1}, "#"),
    ],
)
def test_a_rating_that_cannot_be_used_is_a_422(client: TestClient, fields: dict[str, Any], pointer: str) -> None:
    body = {"answer_id": ask(client, QUESTION)["id"], "rating": "up", **fields}
    (error,) = assert_problem(client.post("/v1/feedback", json=body), 422, "invalid_request")["errors"]
    assert error["pointer"] == pointer


def test_the_list_goes_on_where_it_ended(client: TestClient) -> None:
    ids = [ask(client, QUESTION)["id"] for _ in range(5)]
    cursor, seen = "0", []
    for id in ids:
        assert rate(client, id).status_code == 204
    for size in (2, 2, 1, 0):
        page = client.get("/v1/feedback", params={"limit": 2, "cursor": cursor}).json()
        assert len(page["feedback"]) == size
        seen += [feedback["answer_id"] for feedback in page["feedback"]]
        cursor = page["next"]
    assert seen == ids
    rate(client, ids[0])
    assert len(client.get("/v1/feedback", params={"cursor": cursor}).json()["feedback"]) == 1


def test_a_torn_or_foreign_line_is_passed_over(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / rag.feedback.FILE
    path.write_bytes(b'{"half": \n[]\n{"other": 1}\n{"torn": "by a cra')
    rate(client, ask(client, QUESTION)["id"])
    assert len(client.get("/v1/feedback").json()["feedback"]) == 1
    assert json.loads(path.read_bytes().splitlines()[-1])["question"] == QUESTION


def test_a_full_file_takes_no_more(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.feedback, "LIMIT", 100)
    assert_problem(rate(client, ask(client, QUESTION)["id"]), 503, "feedback_full")


def test_a_cursor_beyond_everything_lists_nothing(client: TestClient) -> None:
    assert rate(client, ask(client, QUESTION)["id"]).status_code == 204
    page = client.get("/v1/feedback?cursor=999999999999999")
    assert (page.status_code, page.json()["feedback"]) == (200, [])
