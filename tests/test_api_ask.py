"""POST and GET /v1/ask."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from rag.reader import Reading
from tests.api_client import ask, put, serving
from tests.fakes import CapitalReader

FERRY = "It rained. The old ferry sank near Morlo on a cold day. Nobody drowned."
QUESTION = "Where did the old ferry sink on that cold day?"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        yield client


def quoted(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Every citation of a body."""
    quotes = [body["answer"], *body["alternatives"]] if body["answer"] else []
    see_also = body["no_answer"]["see_also"] if body["no_answer"] else []
    return [citation for quote in quotes for citation in quote["citations"]] + see_also


def without_timings(body: dict[str, Any]) -> dict[str, Any]:
    meta = {key: value for key, value in body["meta"].items() if key not in ("timings_ms", "cached")}
    return {**body, "id": None, "meta": meta}


def test_an_answer_has_the_shape_of_the_contract(client: TestClient) -> None:
    put(
        client,
        "a",
        FERRY,
        title="A loss",
        source="Courier",
        published="2020-10-21",
        url="https://example.org/a",
        language="en",
    )
    body = ask(client, QUESTION)
    assert body["id"].startswith("ans_")
    start = len("A loss\n\n") + FERRY.index("Morlo")
    assert body["answer"] == {
        "text": "Morlo",
        "confidence": body["answer"]["confidence"],
        "citations": [
            {
                "article": {
                    "id": "a",
                    "title": "A loss",
                    "url": "https://example.org/a",
                    "source": "Courier",
                    "published": "2020-10-21",
                    "language": "en",
                },
                "start": start,
                "end": start + 5,
                "exact": "Morlo",
                "prefix": "The old ferry sank near ",
                "suffix": " on a cold day.",
                "links": {
                    "article": "/v1/articles/a",
                    "view": f"/articles/a?start={start}&end={start + 5}",
                    "source": "https://example.org/a#:~:text=Morlo",
                },
            }
        ],
    }
    assert (body["question"], body["status"], body["no_answer"]) == (QUESTION, "answered", None)
    assert body["meta"] == {
        "index": {"generation": 1, "articles": 1, "passages": 1},
        "models": {"embedder": "words", "reader": "capitals"},
        "threshold": 0.5,
        "cached": False,
        "timings_ms": body["meta"]["timings_ms"],
    }
    assert set(body["meta"]["timings_ms"]) == {"embed", "search", "read", "total"}
    assert "trace" not in body


def test_not_knowing_is_a_200_with_the_nearest_passages(client: TestClient) -> None:
    put(client, "a", FERRY)
    body = ask(client, QUESTION, min_confidence=1)
    assert (body["status"], body["answer"], body["alternatives"]) == ("no_answer", None, [])
    assert body["no_answer"]["reason"] == "low_confidence"
    assert 0 < body["no_answer"]["best_confidence"] < 1
    assert body["no_answer"]["see_also"][0]["article"]["id"] == "a"


def test_a_misspelt_question_is_answered_as_what_was_meant_and_says_so(client: TestClient) -> None:
    put(client, "a", FERRY)
    body = ask(client, typed := "Where did the old ferry sink, nobdy drowend on that cold day?")
    assert (body["question"], body["answer"]["text"]) == (typed, "Morlo")
    assert body["corrected_question"] == "Where did the old ferry sink, nobody drowned on that cold day?"
    again = ask(client, f" {typed} ")
    assert (again["meta"]["cached"], again["corrected_question"]) == (True, body["corrected_question"])
    assert ask(client, QUESTION)["corrected_question"] is None


def test_an_empty_library_says_so(client: TestClient) -> None:
    body = ask(client, QUESTION)
    assert body["no_answer"] == {"reason": "empty_index", "best_confidence": 0.0, "see_also": []}


def test_filters_decide_which_articles_may_answer(client: TestClient) -> None:
    put(client, "a", FERRY, source="Courier", published="2020-12-31")
    put(client, "b", FERRY.replace("Morlo", "Teln"), source="Tribune", published="2021-01-01")
    for filters, answer in [
        ({"source": ["Tribune"]}, "Teln"),
        ({"article": ["a"]}, "Morlo"),
        ({"published": {"gte": "2021-01-01"}}, "Teln"),
        ({"published": {"gte": "2020-01-01", "lt": "2021-01-01"}}, "Morlo"),
    ]:
        assert ask(client, QUESTION, filters=filters)["answer"]["text"] == answer
    assert ask(client, QUESTION, filters={"language": ["fr"]})["no_answer"]["reason"] == "filters_match_nothing"


def test_top_k_counts_the_answer_and_its_alternatives(client: TestClient) -> None:
    put(client, "a", "The old ferry sank near Morlo. The old ferry sank near Teln. The old ferry sank near Ops.")
    assert len(ask(client, "where sank the old ferry", top_k=1)["alternatives"]) == 0
    assert len(ask(client, "where sank the old ferry", top_k=2)["alternatives"]) == 1


def test_explain_adds_the_passages_and_spans_considered(client: TestClient) -> None:
    put(client, "a", FERRY)
    (considered,) = ask(client, QUESTION, explain=True)["trace"]
    assert considered["text"] == FERRY[considered["start"] : considered["end"]]
    assert considered["span"]["exact"] == "Morlo"
    assert set(considered) == {*("article", "start", "end", "text", "score", "dense", "lexical", "null_score", "span")}


def test_a_link_asks_the_same(client: TestClient) -> None:
    put(client, "a", FERRY)
    response = client.get("/v1/ask", params={"q": QUESTION, "top_k": 2})
    assert without_timings(response.json()) == without_timings(ask(client, QUESTION, top_k=2))


def test_the_same_question_twice_has_the_same_answer(client: TestClient) -> None:
    put(client, "a", FERRY)
    put(client, "b", FERRY.replace("Morlo", "Teln"))
    for fields in ({}, {"explain": True}):  # the second time from the cache, and computed again
        first, second = ask(client, QUESTION, **fields), ask(client, QUESTION, **fields)
        assert first["id"] != second["id"]
        assert without_timings(first) == without_timings(second)
        assert second["meta"]["cached"] == (not fields)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(max_size=60) | st.just("The old ferry sank near Morlo."), min_size=1, max_size=3),
    thresholds=st.lists(st.floats(0, 1), min_size=2, max_size=4).map(sorted),
)
def test_any_question_is_answered_alike_each_time_and_a_threshold_only_declines(
    client: TestClient, texts: list[str], thresholds: list[float]
) -> None:
    for number, text in enumerate(texts):
        client.put(f"/v1/articles/{number}", json={"text": f"{text} The old ferry lay at Q{number}."})
    asked = "Where near Morlo sank the old ferry, or Q1?"
    lowest = ask(client, asked, min_confidence=0, explain=True)
    assert without_timings(lowest) == without_timings(ask(client, asked, min_confidence=0, explain=True))
    for threshold in thresholds:
        body = ask(client, asked, min_confidence=threshold, explain=True)
        if body["answer"]:
            assert body["answer"] == lowest["answer"]
            assert body["answer"]["confidence"] >= threshold
        else:
            assert lowest["answer"] is None or lowest["answer"]["confidence"] < threshold


def test_a_long_question_holds_up_nobody_else(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    put(client, "a", FERRY)
    reading, go = threading.Event(), threading.Event()
    read = CapitalReader.read

    def slow(reader: CapitalReader, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        reading.set()
        assert go.wait(30)
        return read(reader, question, passages)

    monkeypatch.setattr(CapitalReader, "read", slow)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, client, QUESTION)
        try:
            assert reading.wait(30)
            assert client.get("/livez").status_code == 200
            assert client.get("/v1/articles/a").status_code == 200
            put(client, "b", FERRY)
            assert not answer.done()
        finally:
            go.set()
        assert answer.result()["status"] == "answered"


def test_a_deleted_article_is_never_cited(client: TestClient) -> None:
    put(client, "a", FERRY)
    put(client, "b", FERRY.replace("Morlo", "Teln"))
    assert client.delete("/v1/articles/a").status_code == 204
    for threshold in (0, 1):
        body = ask(client, QUESTION, min_confidence=threshold)
        assert {citation["article"]["id"] for citation in quoted(body)} == {"b"}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.none() | st.text(max_size=40),
    text=st.lists(st.text(max_size=60) | st.just("The old ferry sank near Morlo."), min_size=1, max_size=4).map(
        " ".join
    ),
)
def test_every_citation_is_cut_from_the_article_as_it_is_served(
    client: TestClient, title: str | None, text: str
) -> None:
    response = client.put("/v1/articles/a", json={"title": title, "text": text})
    assume(response.status_code != 422)
    assert response.status_code in (200, 201)
    article = client.get("/v1/articles/a").json()["text"]
    for threshold in (0, 1):
        body = ask(client, "Where near Morlo sank the old ferry, or Q1?", min_confidence=threshold)
        if body["answer"]:
            assert body["answer"]["citations"][0]["exact"] == body["answer"]["text"]
        for citation in quoted(body):
            start, end = citation["start"], citation["end"]
            assert article[start:end] == citation["exact"]
            around = (start - len(citation["prefix"]), end + len(citation["suffix"]))
            assert article[slice(*around)] == citation["prefix"] + citation["exact"] + citation["suffix"]
