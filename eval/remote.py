"""A running service of any version as a subject: speaks /v1, and makes do where an old one lacks a route."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

import httpx

from eval import fields
from eval.gold import Gold
from eval.subject import DEPTH, Timings, top_k
from index.errors import QuotelineError
from index.types import Article, Hit, Passage, Stats
from rag.types import Answer, Citation, Considered, Quote, Span

_MISSING = (404, 405)
_TIMEOUT = 60.0  # seconds
_PATIENCE = 20  # times a request is sent when the service says that there were too many
_LONGEST = 30.0  # seconds waited between two of them


class ServiceError(QuotelineError):
    """A service that does not answer, or not as the contract says."""

    status = 502
    code = "service_failed"


class Remote:
    """Asks over HTTP. Each article is fetched once; the retrieval measures use POST /v1/search where there is one, and
    the passages that were read where there is none (the fact `ranked` tells them apart)."""

    def __init__(self, url: str, key: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT, transport=transport)
        self._url = url
        self._articles: dict[str, dict[str, Any] | None] = {}
        self._searches = True
        self._traces: dict[str, Sequence[Considered]] = {}
        self._threshold = 0.0

    def ask(self, gold: Gold, min_confidence: float | None = None) -> tuple[Answer, Timings | None]:
        """See Subject."""
        body: dict[str, Any] = {"question": gold.question, "top_k": top_k(gold), "explain": True}
        if filters := fields.write_filters(gold.filters):
            body["filters"] = filters
        if min_confidence is not None:
            body["min_confidence"] = min_confidence
        response = self._send("POST", "/v1/ask", body)
        if response.status_code == 422:  # an old service that cannot explain
            response = self._send("POST", "/v1/ask", {name: body[name] for name in body if name != "explain"})
        document = self._good("POST", "/v1/ask", response)
        answer = self._answer(document)
        self._traces[gold.id] = answer.trace
        return answer, None if document["meta"].get("cached") else answer.timings_ms

    def ranked(self, gold: Gold) -> Sequence[Hit]:
        """See Subject."""
        if self._searches:
            body: dict[str, Any] = {"query": gold.question, "top_k": DEPTH}
            if filters := fields.write_filters(gold.filters):
                body["filters"] = filters
            response = self._send("POST", "/v1/search", body)
            if response.status_code not in (*_MISSING, 422):
                return [self._hit(raw) for raw in _body(response)["passages"]]
            self._searches = False
        return [seen.hit for seen in self._traces.get(gold.id, ())]

    def oracle(self, gold: Gold) -> Answer | None:  # noqa: ARG002  a service reads what it finds
        """None: see Subject."""
        return None

    def text(self, id: str) -> str | None:
        """See Subject."""
        article = self._article(id)
        return None if article is None else str(article["text"])

    def digests(self, ids: Iterable[str]) -> dict[str, str]:
        """See Subject."""
        found = ((id, self._article(id)) for id in ids)
        return {id: str(article["sha256"])[:12] for id, article in found if article}

    def facts(self) -> dict[str, str]:
        """See Subject; of the articles, only the count is told."""
        info = self._json("GET", "/v1/info")
        models = info.get("models", {})
        return {
            "articles": f"{info['index']['articles']} articles, {info['index']['passages']} passages",
            "embedder": str(models.get("embedder")),
            "reader": str(models.get("reader")),
            "threshold": str(self._threshold),
            "service": str(info.get("version")),
            "ranked": str(DEPTH) if self._searches else "as read",
        }

    def ready(self) -> None:
        """Raises ServiceError with the reason when the service cannot be asked."""
        self._json("GET", "/v1/info")

    def feedback(self) -> list[dict[str, Any]]:
        """Everything readers said of answers, oldest first; needs a key that may administer."""
        found: list[dict[str, Any]] = []
        cursor = "0"
        while page := self._json("GET", f"/v1/feedback?limit=200&cursor={cursor}"):
            found += page["feedback"]
            if page["next"] == cursor:
                break
            cursor = page["next"]
        return found

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def _send(self, method: str, path: str, body: object = None) -> httpx.Response:
        for _ in range(_PATIENCE):
            try:
                response = self._http.request(method, path, json=body)
            except httpx.HTTPError as error:
                raise ServiceError(
                    f"{self._url} does not answer ({error}); start the service or name its --url"
                ) from None
            if response.status_code != 429:
                break
            time.sleep(min(_LONGEST, float(response.headers.get("retry-after", "1"))))
        if response.is_success or response.status_code in (*_MISSING, 422):
            return response
        raise ServiceError(f"{method} {path} of {self._url} says {response.status_code}: {_detail(response)}")

    def _json(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return self._good(method, path, self._send(method, path, body))

    def _good(self, method: str, path: str, response: httpx.Response) -> dict[str, Any]:
        if not response.is_success:
            raise ServiceError(f"{method} {path} of {self._url} says {response.status_code}: {_detail(response)}")
        return _body(response)

    def _article(self, id: str) -> dict[str, Any] | None:
        if id not in self._articles:
            response = self._send("GET", f"/v1/articles/{quote(id, safe='')}")
            self._articles[id] = _body(response) if response.is_success else None
        return self._articles[id]

    def _answer(self, document: Mapping[str, Any]) -> Answer:
        none, meta = document["no_answer"] or {}, document["meta"]
        best = self._quote(document["answer"]) if document["answer"] else None
        self._threshold = float(meta["threshold"])
        return Answer(
            status=document["status"],
            best=best,
            alternatives=tuple(map(self._quote, document["alternatives"])),
            reason=none.get("reason"),
            best_confidence=best.confidence if best else none["best_confidence"],
            see_also=tuple(map(self._citation, none.get("see_also", ()))),
            threshold=self._threshold,
            stats=Stats(*(meta["index"][name] for name in ("generation", "articles", "passages"))),
            timings_ms=meta["timings_ms"],
            trace=[self._considered(raw) for raw in document.get("trace", ())],
            corrected_question=document.get("corrected_question"),
        )

    def _quote(self, raw: Mapping[str, Any]) -> Quote:
        return Quote(raw["text"], raw["confidence"], tuple(map(self._citation, raw["citations"])))

    def _citation(self, raw: Mapping[str, Any]) -> Citation:
        about = raw["article"]
        published = date.fromisoformat(about["published"]) if about["published"] else None
        text = self.text(about["id"])
        if text is None:
            raise ServiceError(
                f"{self._url} cites article {about['id']!r} and does not show it; its citations are unproved"
            )
        language = about.get("language")
        article = Article(about["id"], about["title"], text, about["url"], about["source"], published, language, "")
        return Citation(article, raw["start"], raw["end"], raw["exact"], raw["prefix"], raw["suffix"])

    def _considered(self, raw: Mapping[str, Any]) -> Considered:
        span = raw["span"]
        found = Span(span["start"], span["end"], span["score"]) if span else None
        return Considered(self._hit(raw), found, raw["null_score"])

    def _hit(self, raw: Mapping[str, Any]) -> Hit:
        id = raw["article"] if isinstance(raw["article"], str) else raw["article"]["id"]
        document = self._article(id) or {"title": "", "text": ""}
        article = Article(id, document["title"], document["text"], None, None, None, None, "")
        passage = Passage(0, id, raw["start"], raw["end"], raw.get("text") or article.text[raw["start"] : raw["end"]])
        return Hit(passage, article, raw["score"], raw.get("dense"), raw.get("lexical"))


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except json.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise ServiceError(f"{response.request.url} answers no JSON object; name a Quoteline service with --url")
    return document


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
