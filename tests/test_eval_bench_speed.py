"""Ours stays ahead of the plain loop, by a ratio within one run, of time or of processor time: none is asked for."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.bench import peers, worker
from eval.bench.peers import Contestant
from eval.bench.worker import Setting, Worker
from eval.gold import load
from index.engine import has_bf16
from index.ingest import ingest_paths
from index.library import Library
from rag.load import MODEL
from tests.fakes import WordEmbedder

EVAL = Path(__file__).parents[1] / "eval"
PLAIN = Contestant("plain loop", "with_plain")  # in this environment: it needs nothing else
# a quiet machine shows some 6; beside other tests, and with each shape of batch new, it was 2.8. Where both compute in
# float32, only ours is without padding and without a framework between the products: 1.6 to 2 on a busy machine
TIMES = 2.0 if has_bf16() else 1.3
ATTEMPTS = 3
PASSAGES = 300  # enough that eight of them answer; embedding them is most of this test


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Contestant, Worker]]:
    """Both over the paragraphs of the sample newspaper."""
    folder = tmp_path_factory.mktemp("speed")
    with Library.open(folder / "library", WordEmbedder()) as library:
        assert len(list(ingest_paths(library, [EVAL / "corpus"]))) > 40
        paragraphs = [(a.title, text) for a in library.all_articles() for text in a.text.split("\n\n")[1:]][:PASSAGES]
    passages = folder / "passages.jsonl"
    lines = ({"id": f"p{n}", "title": title, "text": text} for n, (title, text) in enumerate(paragraphs))
    passages.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    reader = peers.float32_reader(MODEL, folder / "reader")
    ours = Setting(passages, peers.embedder_folder(), reader, folder, folder / "ours", threads=2)
    settings = {peers.OURS: ours, PLAIN: replace(ours, work=folder / "plain")}
    with ExitStack() as stack:
        for contestant, setting in settings.items():
            worker.build(contestant, setting)
        yield {c: stack.enter_context(worker.started(c, setting)) for c, setting in settings.items()}


@pytest.mark.model
def test_a_question_takes_a_fraction_of_a_plain_loops_time(workers: dict[Contestant, Worker]) -> None:
    questions = [question.question for question in load([EVAL / "gold" / "courier.jsonl"])]
    ratios: list[float] = []
    for attempt in range(ATTEMPTS):
        before = {c: ready.cpu_s() for c, ready in workers.items()}
        answers = peers.by_turns(workers, questions[40 * attempt : 40 * (attempt + 1)])
        clock = {c: float(np.median([seconds for _, seconds in answers[c]])) for c in workers}
        processor = {c: ready.cpu_s() - before[c] for c, ready in workers.items()}
        # where others take most of the machine, two threads wait for the slower one, and the clock tells about that
        ratios += [seconds[PLAIN] / seconds[peers.OURS] for seconds in (clock, processor)]
        if max(ratios) >= TIMES:
            break
    print(ratios)
    assert max(ratios) >= TIMES, ratios
