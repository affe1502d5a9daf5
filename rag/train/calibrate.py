"""Fits the confidence of answers: the logistic weights and the threshold of calibration.json.

    python -m rag.train calibrate --work WORK --set GOLD ARTICLES … --squad SQUAD_JSON

Each question is asked with nothing declined. The best answer it gets is one observation: its features, and its token F1
against the gold answers, which makes it right or wrong. Gold questions are asked of their articles; SQuAD questions,
of titles that training left out, of WORK/library, which holds every training paragraph (see rag.train.mine).

Fitted twice: the weights on all of them, for what is wrong with an unanswerable question shows best in many; then slope
and bias (Platt 1999) without SQuAD's unanswerable ones, whose share is no user's. The threshold is the lowest at which
at most `wrong` of the answers given on the gold questions are wrong.
"""

import json
import random
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from index.embed import Embedder, load_embedder
from index.ingest import ingest_paths
from index.library import Library
from rag import squad
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.reader import Reader, load_reader
from rag.train.material import held_out_titles

SQUAD = "squad"
SQUAD_WEIGHT = 2.5
ONE_REFERENCE = 0.33  # token F1: finds as many right by SQuAD 1.1 dev's first answers as 0.6 does by all of them


@dataclass(frozen=True, slots=True)
class Observation:
    """The best answer to one question: its features, its token F1, and whether the question has an answer."""

    source: str
    features: dict[str, float]
    f1: float
    answerable: bool

    @property
    def right(self) -> bool:
        """Whether it counts as right: a single reference names one of several ways to say so."""
        return self.answerable and self.f1 >= (ONE_REFERENCE if self.source == SQUAD else squad.RIGHT)


def observe(
    sets: Sequence[tuple[Path, Path]], tag: str | None, squad_file: Path | None, work: Path, model: Path, questions: int
) -> list[Observation]:
    """Asks everything; keeps the observations in WORK/observations.jsonl."""
    embedder, reader = load_embedder(), load_reader(model)
    found = [one for gold, articles in sets for one in _of_gold(gold, articles, tag, embedder, reader)]
    if squad_file is not None:
        found += _of_squad(squad_file, work / "library", questions, embedder, reader)
    with (work / "observations.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(one)) + "\n" for one in found)
    return found


def fit(observations: Sequence[Observation], model: Path, wrong: float = 0.1, penalty: float = 40.0) -> None:
    """Writes MODEL/calibration.json; all of SQuAD weighs SQUAD_WEIGHT times as much as all gold questions.

    penalty: of the squared weights, each for a feature in units of its spread.
    """
    names = list(observations[0].features)
    matrix = np.array([[one.features[name] for name in names] for one in observations])
    right = np.array([one.right for one in observations])
    answerable = np.array([one.answerable for one in observations])
    gold = np.array([one.source != SQUAD for one in observations])
    share = gold.sum() / max(1, (~gold).sum())
    spread = matrix.std(axis=0) + 1e-6
    weighing = np.where(gold, 1.0, SQUAD_WEIGHT * share)
    first = LogisticRegression(C=1 / penalty, max_iter=1000).fit(matrix / spread, right, weighing)
    weights = first.coef_[0] / spread
    score = matrix @ weights
    usual = gold | answerable
    second = LogisticRegression(C=np.inf).fit(score[usual, None], right[usual], weighing[usual])
    sure = second.predict_proba(score[:, None])[:, 1]
    threshold = lowest_threshold(sure[gold], right[gold], wrong)
    answered = sure >= threshold
    document = {
        "bias": round(float(second.intercept_[0]), 4),
        "weights": {name: round(float(w * second.coef_[0, 0]), 4) for name, w in zip(names, weights, strict=True)},
        "threshold": threshold,
        "threshold_is": f"the lowest at which at most {wrong:.4g} of the answers given on the gold questions are wrong",
        "fitted_on": {name: sum(one.source == name for one in observations) for name in _sources(observations)},
        "on_gold": {
            "answered": _share(answered[gold]),
            "wrong_of_answered": _share(~right[gold & answered]),
            "false_abstentions": _share(~answered[gold & answerable]),
            "declined_unanswerable": _share(~answered[gold & ~answerable]),
        },
    }
    (model / "calibration.json").write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document, indent=1))


def lowest_threshold(sure: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], wrong: float) -> float:
    """The lowest confidence, to 3 places, from which up at most that share of the answers is wrong; else 1.0."""
    candidates = np.unique(np.floor(sure * 1000) / 1000)
    return next((float(at) for at in candidates if (~right[sure >= at]).mean() <= wrong), 1.0)


def read(path: Path) -> list[Observation]:
    """The observations of an earlier `observe`."""
    return [Observation(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _of_gold(gold: Path, articles: Path, tag: str | None, embedder: Embedder, reader: Reader) -> Iterator[Observation]:
    lines = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines() if line.strip()]
    questions = [q for q in lines if q.get("status", "active") == "active"]  # a candidate may be unfinished
    tagged = [q for q in questions if tag in q["tags"]] or questions
    with tempfile.TemporaryDirectory() as data, Library.open(Path(data), embedder) as library:
        list(ingest_paths(library, [articles]))
        yield from _asked(library, reader, gold.stem, ((q["question"], q["answers"]) for q in tagged))


def _of_squad(file: Path, folder: Path, count: int, embedder: Embedder, reader: Reader) -> Iterator[Observation]:
    """`count` questions with an answer, and three for every five of them without."""
    examples = list(squad.read(file))
    titles = held_out_titles(examples)
    chosen = []
    for answerable, size in ((True, count), (False, 3 * count // 5)):
        asked = [e for e in examples if bool(e.answers) is answerable and e.title in titles]
        chosen += random.Random(0).sample(asked, min(size, len(asked)))
    with Library.open(folder, embedder, read_only=True) as library:
        yield from _asked(library, reader, SQUAD, ((e.question, [text for text, _ in e.answers]) for e in chosen))


def _asked(
    library: Library, reader: Reader, source: str, questions: Iterable[tuple[str, list[str]]]
) -> Iterator[Observation]:
    answerer = Answerer(library, reader, Confidence.plain())
    for question, answers in questions:
        best = answerer.ask(question, top_k=1, min_confidence=0.0).best
        if best is not None:
            yield Observation(source, dict(best.features), squad.f1(best.text, answers), bool(answers))


def _sources(observations: Sequence[Observation]) -> list[str]:
    return list(dict.fromkeys(one.source for one in observations))


def _share(chosen: npt.NDArray[np.bool_]) -> float | None:
    return round(float(chosen.mean()), 4) if len(chosen) else None
