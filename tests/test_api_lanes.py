"""Lanes and the answer cache: who waits, who is refused, and when an answer is the same."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.cache import AnswerCache
from api.lanes import BusyError, GoneError, Lane, LateError
from index.library import Library
from tests.api_client import ask, assert_problem, put, serving

FERRY = "It rained. The old ferry sank near Morlo on a cold day. Nobody drowned."
QUESTION = "Where did the old ferry sink on that cold day?"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        put(client, "a", FERRY)
        yield client


class Held:
    """Work that waits until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Event()
        self.runs = 0

    def __call__(self) -> int:
        self.begun.set()
        assert self.go.wait(30)
        self.runs += 1
        return self.runs


def in_lane(scenario: Callable[[Lane, Held], Any], **limits: Any) -> None:
    """Runs a scenario with a lane whose first piece of work is held."""
    lane, held = Lane("test", **{"wait": 10.0, "deadline": 30.0, **limits}), Held()
    try:
        asyncio.run(scenario(lane, held))
    finally:
        held.go.set()
        lane.close()


def test_work_is_done_in_order_one_at_a_time() -> None:
    async def scenario(lane: Lane, held: Held) -> None:
        held.go.set()
        assert await asyncio.gather(*(lane.run(held) for _ in range(5))) == [1, 2, 3, 4, 5]
        assert lane.depth == 0

    in_lane(scenario)


def test_several_workers_do_as_many_pieces_at_a_time_and_are_told_as_one_pace() -> None:
    together = threading.Barrier(3)
    lane = Lane("test", wait=10.0, deadline=30.0, workers=3)

    async def scenario() -> None:
        lane._mean = 0.01
        await asyncio.gather(*(lane.run(lambda: together.wait(30) and time.sleep(0.2)) for _ in range(30)))

    try:
        asyncio.run(scenario())
    finally:
        lane.close()
    assert 0 < lane._mean < 0.2


def test_work_that_would_wait_too_long_is_refused_at_once_with_the_seconds_to_wait() -> None:
    async def scenario(lane: Lane, held: Held) -> None:
        lane._mean = 2.0
        waiting = [asyncio.ensure_future(lane.run(held)) for _ in range(6)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError) as refused:
            await lane.run(held)
        assert refused.value.headers == {"Retry-After": "12"}
        held.go.set()
        assert await asyncio.gather(*waiting) == [1, 2, 3, 4, 5, 6]
        assert await lane.run(held) == 7

    in_lane(scenario)


def test_one_long_wait_is_no_slow_pace_and_many_are() -> None:
    def work() -> None:
        time.sleep(0.2)

    async def scenario(lane: Lane, held: Held) -> None:
        held.go.set()
        lane._mean = 0.01
        await lane.run(work)
        assert lane._mean < 0.015
        await asyncio.gather(*(lane.run(work) for _ in range(12)))
        assert lane._mean > 0.05

    in_lane(scenario)


def test_a_few_may_wait_however_slow_the_pace() -> None:
    async def scenario(lane: Lane, held: Held) -> None:
        lane._mean = 60.0
        waiting = [asyncio.ensure_future(lane.run(held))]
        await asyncio.sleep(0)
        assert not lane.pressed()
        waiting.append(asyncio.ensure_future(lane.run(held)))
        await asyncio.sleep(0)
        assert lane.pressed()
        with pytest.raises(BusyError):
            await lane.run(held)
        held.go.set()
        assert await asyncio.gather(*waiting) == [1, 2]

    in_lane(scenario, always=2)


def test_work_past_its_deadline_is_given_up() -> None:
    async def scenario(lane: Lane, held: Held) -> None:
        with pytest.raises(LateError):
            await lane.run(held)
        assert lane.depth == 1
        with pytest.raises(LateError):
            await lane.run(held)
        assert lane.depth == 1

    in_lane(scenario, deadline=0.05)


def test_work_of_a_client_that_left_is_dropped_before_it_begins() -> None:
    async def scenario(lane: Lane, held: Held) -> None:
        left = asyncio.Event()

        async def gone() -> None:
            await left.wait()

        first = asyncio.ensure_future(lane.run(held))
        await asyncio.to_thread(held.begun.wait, 30)
        second = asyncio.ensure_future(lane.run(held, gone))
        await asyncio.sleep(0)
        assert lane.depth == 2
        left.set()
        with pytest.raises(GoneError):
            await second
        assert lane.depth == 1
        held.go.set()
        assert await first == 1

    in_lane(scenario)


def test_an_error_in_the_work_is_the_callers() -> None:
    async def scenario(lane: Lane, held: Held) -> None:
        with pytest.raises(ZeroDivisionError):
            await lane.run(lambda: 1 // 0)
        assert lane.depth == 0

    in_lane(scenario)


def test_a_repeated_question_is_answered_from_the_cache(client: TestClient) -> None:
    first, second = ask(client, QUESTION), ask(client, f"  {QUESTION.replace(' ', '  ')}\n")
    assert (first["meta"]["cached"], second["meta"]["cached"]) == (False, True)
    assert first["id"] != second["id"]
    assert second["question"] == f"  {QUESTION.replace(' ', '  ')}\n"
    assert first["answer"] == second["answer"]


@pytest.mark.parametrize(
    "fields", [{"top_k": 2}, {"min_confidence": 0.1}, {"filters": {"source": ["x"]}}, {"explain": True}]
)
def test_another_parameter_is_another_question(client: TestClient, fields: dict[str, Any]) -> None:
    ask(client, QUESTION)
    assert not ask(client, QUESTION, **fields)["meta"]["cached"]
    assert not ask(client, QUESTION.lower())["meta"]["cached"]


def test_a_busy_service_still_answers_from_the_cache_and_looks_into_nothing_else(client: TestClient) -> None:
    ask(client, QUESTION)
    link = {"params": {"q": QUESTION}}
    client.get("/v1/ask", **link)
    lane = client.app.state.service.reading  # type: ignore[attr-defined]
    lane._ahead, lane._mean = 100, 1.0
    assert ask(client, QUESTION)["meta"]["cached"]
    assert client.get("/v1/ask", **link).json()["meta"]["cached"]
    for body in (b'{"question": "Who?"}', b"{"):
        response = client.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})
        assert_problem(response, 503, "busy")
    put(client, "b", FERRY)
    assert_problem(client.get("/v1/ask", **link), 503, "busy")


def test_a_write_ends_what_the_cache_knew(client: TestClient) -> None:
    ask(client, QUESTION)
    put(client, "b", FERRY.replace("Morlo", "Teln"))
    assert not ask(client, QUESTION)["meta"]["cached"]
    client.delete("/v1/articles/a")
    body = ask(client, QUESTION)
    assert (body["answer"]["text"], body["meta"]["cached"]) == ("Teln", False)


def test_an_answer_that_a_write_overtook_is_not_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    search = Library.search_vector

    def overtaken(library: Library, *arguments: Any) -> Any:
        found = search(library, *arguments)
        library.generation += 1
        return found

    monkeypatch.setattr(Library, "search_vector", overtaken)
    response = client.get("/v1/ask", params={"q": QUESTION})
    assert "etag" not in response.headers
    monkeypatch.setattr(Library, "search_vector", search)
    assert not ask(client, QUESTION)["meta"]["cached"]


def test_a_link_still_valid_is_not_answered_again(client: TestClient) -> None:
    first = client.get("/v1/ask", params={"q": QUESTION})
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    again = client.get("/v1/ask", params={"q": QUESTION}, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/v1/ask", params={"q": QUESTION, "top_k": 1}, headers={"If-None-Match": tag}).status_code == 200
    put(client, "b", FERRY)
    assert client.get("/v1/ask", params={"q": QUESTION}, headers={"If-None-Match": tag}).status_code == 200


def test_the_cache_is_bounded_and_forgets_the_oldest(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from api.responses import AskOut

    body = AskOut.model_validate(ask(client, QUESTION))
    size = len(body.model_dump_json())
    monkeypatch.setattr("api.cache._BYTES", 2 * size)
    cache = AnswerCache()
    for key in "abac":
        cache.put(key, 1, body)
        cache.get("a", 1)
    assert [cache.get(key, 1) is not None for key in "abc"] == [True, False, True]
    assert cache.get("a", 2) is None
    cache.put("d", 2, body)
    cache.put("e", 1, body)
    assert [cache.get(key, 2) is not None for key in "acde"] == [False, False, True, False]
