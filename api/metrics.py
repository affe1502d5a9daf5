"""What is counted, for Prometheus."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from api.responses import AskOut

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One service's counts, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter("quoteline_http_requests", "Requests", ("method", "route", "status"), registry=registry)
        self.seconds = Histogram(
            "quoteline_http_request_seconds", "Seconds of a request", ("route",), buckets=_SECONDS, registry=registry
        )
        self.stages = Histogram(
            "quoteline_stage_seconds",
            "Seconds of a stage of an answer",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.answers = Counter("quoteline_answers", "Answers", ("status", "reason", "cached"), registry=registry)
        self.confidence = Histogram(
            "quoteline_confidence",
            "Confidence of the best candidate, answered or not",
            buckets=[tenth / 10 for tenth in range(1, 11)],
            registry=registry,
        )
        self.depth = Gauge("quoteline_queue_depth", "Work waiting or in progress", ("lane",), registry=registry)
        self.generation = Gauge("quoteline_index_generation", "Writes so far", registry=registry)

    def answered(self, body: AskOut) -> None:
        """Counts an answer."""
        none, meta = body.no_answer, body.meta
        self.answers.labels(body.status, none.reason if none else "", str(meta.cached).lower()).inc()
        if meta.cached:
            return
        for stage, milliseconds in meta.timings_ms.model_dump().items():
            self.stages.labels(stage).observe(milliseconds / 1000)
        if none is not None:
            self.confidence.observe(none.best_confidence)
        elif body.answer is not None:
            self.confidence.observe(body.answer.confidence)

    def served(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request; `route` is the pattern, so that there are few."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def render(self, **depths: Any) -> bytes:
        """The text that Prometheus reads; `depths` by lane."""
        for lane, depth in depths.items():
            self.depth.labels(lane).set(depth)
        return generate_latest(self._registry)
