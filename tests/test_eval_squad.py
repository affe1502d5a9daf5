"""Answer scores against figures recorded from the official SQuAD 2.0 evaluation script (evaluate-v2.0.py)."""

import pytest

from eval.gold import Gold
from eval.outcome import Outcome
from eval.scores import score
from rag import squad

# id, gold answers, prediction, then the script's exact and f1
RECORDED = [
    ("a", ("Denver Broncos", "The Denver Broncos"), "the Denver Broncos!", 1, 1.0),
    ("b", ("gold anniversary",), 'the "golden anniversary"', 0, 0.5),
    ("c", ("£18.4 million",), "18.4 million", 0, 0.5),
    ("d", ("11 to 6", "voted 11 to 6"), "voted 11-6", 0, 0.333333),
    ("e", ("a night nurse",), "nurse", 0, 0.666667),
    ("f", ("the autumn of 2021",), "", 0, 0.0),
    ("g", (), "", 1, 1.0),
    ("h", (), "Agnes Thorley", 0, 0.0),
    ("i", ("Desirée Marchand",), "Desiree Marchand", 0, 0.5),
    ("j", ("to be to be",), "to be", 0, 0.666667),
    ("k", ("in winds above 45 knots", "45 knots"), "winds of 45 knots or more", 0, 0.545455),
    ("l", ("Café  Noir",), "café\tnoir.", 1, 1.0),
]


@pytest.mark.parametrize(("id", "answers", "prediction", "exact", "f1"), RECORDED)
def test_a_question_scores_as_the_official_script_says(
    id: str, answers: tuple[str, ...], prediction: str, exact: int, f1: float
) -> None:
    assert squad.exact_match(prediction, answers) == exact
    assert squad.f1(prediction, answers) == pytest.approx(f1, abs=1e-6)


def test_a_run_scores_as_the_official_script_says_over_all_and_over_each_kind() -> None:
    outcomes = [
        Outcome(
            Gold(id, "?", "answer" if answers else "no_answer", answers, articles=("x",) if answers else ()),
            prediction=prediction,
            answered=bool(prediction),
            em=squad.exact_match(prediction, answers),
            f1=squad.f1(prediction, answers),
        )
        for id, answers, prediction, _, _ in RECORDED
    ]
    scores = score(outcomes)
    assert (scores.squad_em, scores.squad_f1) == (pytest.approx(0.25), pytest.approx(0.5593434343))
    assert (scores.em, scores.f1) == (pytest.approx(0.2), pytest.approx(0.5712121212))
    assert scores.declined == 0.5
