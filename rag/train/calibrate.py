"""Fits the confidence of answers on gold questions: the logistic weights and the threshold of calibration.json.

Each gold question is asked with nothing declined. The best answer it gets is one observation: its features, and
whether it is right (token F1 of at least 0.6 against a gold answer). The features are not scaled and the penalty is
strong, so the span's score, the one with the widest range, leads. The threshold is the lowest at which at least
`decline` of the unanswerable questions are declined.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from index.embed import load_embedder
from index.ingest import ingest_paths
from index.library import Library
from rag.answer import Answerer
from rag.confidence import Confidence, Features, named
from rag.reader import TransformerReader
from rag.squad import f1

RIGHT = 0.6


class _Recorder:
    """Stands in for Confidence: keeps the features of every answer, in the order of their scores."""

    threshold = 0.0

    def __init__(self) -> None:
        self.seen: list[Features] = []
        self._plain = Confidence.plain()

    def __call__(self, features: Features) -> float:
        self.seen.append(features)
        return self._plain(features)


def calibrate(
    sets: Sequence[tuple[Path, Path]],
    model: Path,
    tag: str | None = None,
    decline: float = 0.85,
    penalty: float = 100.0,
) -> None:
    """Writes MODEL/calibration.json from (gold file, articles folder) pairs; `tag` limits the questions to one half."""
    rows: list[dict[str, float]] = []
    right: list[bool] = []
    best: list[tuple[int, bool]] = []  # row of each question's best answer, and whether the question has an answer
    embedder, reader = load_embedder(), TransformerReader(model)
    for gold, articles in sets:
        for expected, answers in _observe(gold, articles, tag, embedder, reader):
            for text, features in answers[:1]:
                best.append((len(rows), bool(expected)))
                rows.append(named(features))
                right.append(bool(expected) and f1(text, expected) >= RIGHT)
    names = list(rows[0])
    matrix = np.array([[row[name] for name in names] for row in rows])
    fitted = LogisticRegression(C=1 / penalty, max_iter=1000).fit(matrix, right)
    probabilities = fitted.predict_proba(matrix)[:, 1]
    unanswerable = sorted(probabilities[at] for at, answerable in best if not answerable)
    threshold = float(unanswerable[min(len(unanswerable) - 1, int(np.ceil(decline * len(unanswerable))))]) - 1e-4
    document = {
        "bias": round(float(fitted.intercept_[0]), 4),
        "weights": {name: round(float(w), 4) for name, w in zip(names, fitted.coef_[0], strict=True)},
        "threshold": round(threshold, 3),
        "fitted_on": {
            "sets": [gold.name for gold, _ in sets],
            "tag": tag,
            "questions": len(best),
            "answers": len(rows),
        },
        "right_share": round(float(np.mean(right)), 4),
        "kept_answerable": round(float(np.mean([probabilities[at] >= threshold for at, yes in best if yes])), 4),
        "declined_unanswerable": round(float(np.mean([p < threshold for p in unanswerable])), 4),
    }
    (model / "calibration.json").write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document, indent=1))


def _observe(
    gold: Path, articles: Path, tag: str | None, embedder: object, reader: object
) -> Iterator[tuple[list[str], list[tuple[str, Features]]]]:
    questions = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines() if line.strip()]
    tagged = [q for q in questions if tag in q["tags"]] or questions
    with tempfile.TemporaryDirectory() as data, Library.open(Path(data), embedder) as library:  # type: ignore[arg-type]
        list(ingest_paths(library, [articles]))
        for question in tagged:
            recorder = _Recorder()
            answer = Answerer(library, reader, recorder).ask(question["question"], top_k=10)  # type: ignore[arg-type]
            quotes = [answer.best, *answer.alternatives] if answer.best else []
            yield question["answers"], [(q.text, f) for q, f in zip(quotes, recorder.seen, strict=False)]
