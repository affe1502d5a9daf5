"""The same gold set against a running service: the same outcomes as in this process, and no green from a broken one."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from eval import record
from eval.fields import write_filters
from eval.remote import Remote, ServiceError
from eval.run import Run, run
from eval.verdict import Verdict
from rag.answer import Answerer
from rag.confidence import Confidence
from tests.eval_town import ask, library, questions, texts
from tests.fakes import CapitalReader

SIZE = 8
Change = Callable[[httpx.Request, httpx.Response], httpx.Response]


class Wire(httpx.BaseTransport):
    """Carries requests to the service in this process; `change` may spoil what it answers."""

    def __init__(self, client: TestClient, change: Change = lambda _, response: response) -> None:
        self._client = client
        self._change = change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        answer = self._client.request(request.method, request.url.raw_path.decode(), content=content, headers=headers)
        return self._change(
            request,
            httpx.Response(
                answer.status_code,
                content=answer.content,
                headers={"content-type": answer.headers.get("content-type", "")},
            ),
        )


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with library(texts(SIZE)) as opened:
        answerer = Answerer(opened, CapitalReader(), Confidence.plain())
        folder = tmp_path_factory.mktemp("data")
        with TestClient(
            create_app(Settings(folder, rate=0), answerer), "http://localhost", raise_server_exceptions=False
        ) as client:
            yield client


def remote(client: TestClient, change: Change = lambda _, response: response) -> Remote:
    return Remote("http://localhost", transport=Wire(client, change))


def told(found: Run) -> list[tuple[str, str, bool, float, float, str | None]]:
    return [(o.gold.id, o.prediction, o.passed, o.f1, o.confidence, o.stage) for o in found.outcomes]


def test_a_service_gives_the_outcomes_that_its_models_give_here(client: TestClient) -> None:
    there = run(remote(client), questions(SIZE))
    assert there.errors == ()
    assert told(there) == told(ask(texts(SIZE), questions(SIZE)))
    assert there.facts["reader"] == "capitals"
    assert set(there.articles) == {id for gold in questions(SIZE) for id in gold.articles}


def test_citations_of_a_service_are_checked_against_the_articles_it_shows(client: TestClient) -> None:
    def shifted(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.url.path != "/v1/ask":
            return response
        body = response.json()
        for citation in body["answer"]["citations"] if body["answer"] else []:
            citation["start"] += 1
        return httpx.Response(200, json=body)

    assert Verdict(run(remote(client), questions(SIZE))).exit_code == 0
    assert Verdict(run(remote(client, shifted), questions(SIZE))).exit_code == 1


def test_a_service_without_search_is_ranked_by_what_it_read(client: TestClient) -> None:
    def old(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        return httpx.Response(404, json={}) if request.url.path == "/v1/search" else response

    there = run(remote(client, old), questions(SIZE))
    assert there.facts["ranked"] == "as read"
    assert all(o.evidence_rank for o in there.outcomes if o.gold.expect == "answer")


@pytest.mark.parametrize(
    "change",
    [
        lambda request, response: httpx.Response(503, json={"detail": "the models are loading"}),
        lambda request, response: httpx.Response(500, text="oops"),
        lambda request, response: httpx.Response(200, text="<html>a login page</html>"),
        lambda request, response: httpx.Response(200, json=[]),
        lambda request, response: httpx.Response(200, json={}),
        lambda request, response: httpx.Response(302, headers={"location": "/elsewhere"}),
    ],
)
def test_a_broken_service_is_never_green(client: TestClient, change: Change) -> None:
    found = run(remote(client, change), questions(SIZE))
    assert len(found.errors) == len(found.outcomes)
    assert Verdict(found).exit_code == 4


def test_a_service_that_breaks_halfway_is_incomplete(client: TestClient) -> None:
    asked = 0

    def failing(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        nonlocal asked
        asked += request.url.path == "/v1/ask"
        if asked > 3:
            raise httpx.ConnectError("connection refused", request=request)
        return response

    verdict = Verdict(run(remote(client, failing), questions(SIZE)))
    assert 0 < len(verdict.run.errors) < len(verdict.run.outcomes)
    assert verdict.exit_code == 4


def test_an_answer_that_the_service_had_cached_is_not_timed(client: TestClient) -> None:
    def cached(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.url.path != "/v1/ask":
            return response
        body = response.json()
        body["meta"]["cached"] = True
        return httpx.Response(200, json=body)

    assert all(o.timings_ms for o in run(remote(client), questions(SIZE)).outcomes)
    assert not any(o.timings_ms for o in run(remote(client, cached), questions(SIZE)).outcomes)


def test_a_service_that_is_not_ready_says_why(client: TestClient) -> None:
    loading = remote(client, lambda *_: httpx.Response(503, json={"detail": "the models are loading"}))
    with pytest.raises(ServiceError, match="503: the models are loading"):
        loading.ready()


def test_the_key_is_sent(client: TestClient) -> None:
    seen: list[str | None] = []

    def look(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return response

    Remote("http://localhost", "secret", Wire(client, look)).ready()
    assert seen == ["Bearer secret"]


def test_feedback_is_read_to_its_end(client: TestClient) -> None:
    pages = {
        "0": {"feedback": [{"answer_id": "a"}], "next": "17"},
        "17": {"feedback": [{"answer_id": "b"}], "next": "40"},
        "40": {"feedback": [], "next": "40"},
    }
    found = remote(client, lambda request, _: httpx.Response(200, json=pages[request.url.params["cursor"]])).feedback()
    assert [entry["answer_id"] for entry in found] == ["a", "b"]


def test_a_service_that_asks_to_wait_is_asked_again(client: TestClient) -> None:
    refused = iter([True, True, False, False, False])

    def busy(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        return httpx.Response(429, headers={"retry-after": "0"}) if next(refused) else response

    remote(client, busy).ready()
    assert len(list(refused)) == 2


def test_filters_are_sent_as_they_are_written() -> None:
    line = {"published": {"gte": "2020-01-01", "lt": "2021-01-01"}, "source": ["Courier"], "language": ["en"]}
    gold = {"id": "q", "question": "Who?", "expect": "no_answer", "file": "", "line": 0, "filters": line}
    assert write_filters(record.from_json({"gold": gold}).gold.filters) == line
    assert write_filters(questions(4)[0].filters) == {}
