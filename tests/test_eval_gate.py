"""The gate against planted changes: each is caught by the gate it is meant for, and nothing at all is never caught."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eval import record
from eval.compare import Comparison, Gate, NotComparableError, compare
from eval.gold import check
from eval.run import Run
from eval.verdict import Verdict
from rag.answer import Settings
from rag.confidence import Confidence
from tests.eval_town import Misplaced, OtherCheckpoint, Shifted, ask, misses, questions, texts


@pytest.fixture(scope="module")
def baseline() -> Run:
    found = ask()
    assert not found.errors
    assert all(outcome.passed for outcome in found.outcomes), [o.gold.id for o in found.outcomes if not o.passed]
    return record.as_baseline(found, "the town as it is")


def verdict(baseline: Run, now: Run) -> Verdict:
    return Verdict(now, compare(baseline, now), baseline_wanted=True)


def comparison(verdict: Verdict) -> Comparison:
    assert verdict.comparison is not None
    return verdict.comparison


def lost(verdict: Verdict) -> set[str]:
    return {flip.after.gold.id for flip in comparison(verdict).flips if flip.lost}


def failed(verdict: Verdict) -> set[str]:
    return {gate.name for gate in comparison(verdict).failed}


def test_a_reader_that_misses_a_third_fails_the_statistical_gates_and_names_the_questions(baseline: Run) -> None:
    found = verdict(baseline, ask(reader=OtherCheckpoint()))
    missed = {gold.id for gold in questions() if gold.expect == "answer" and misses(gold.question)}
    assert missed
    assert (found.exit_code, lost(found)) == (1, missed)
    assert {"right", "F1"} <= failed(found)
    assert comparison(found).changed["reader"] == ("capitals", "another")


def test_reading_one_passage_fails_the_statistical_gates_with_the_questions_a_decoy_hides(baseline: Run) -> None:
    found = verdict(baseline, ask(settings=Settings(passages=1)))
    assert found.exit_code == 1
    assert {"right", "F1"} <= failed(found)
    assert lost(found) == {gold.id for gold in questions() if "odd" in gold.tags}
    assert {flip.after.stage for flip in comparison(found).flips} == {"not_read"}
    assert "passages=1" in comparison(found).changed["answering"][1]


def test_citations_off_by_one_break_the_invariant_whatever_the_statistics_say(baseline: Run) -> None:
    found = verdict(baseline, ask(answerer=Misplaced))
    assert (found.exit_code, failed(found), lost(found)) == (1, set(), set())
    assert {o.gold.id for o in found.invalid} == {gold.id for gold in questions() if gold.expect == "answer"}


def test_words_off_by_one_fail_the_statistical_gates_though_every_citation_is_valid(baseline: Run) -> None:
    found = verdict(baseline, ask(answerer=Shifted))
    assert found.scores.violations == 0
    assert {"right", "F1"} <= failed(found)
    assert {flip.after.stage for flip in comparison(found).flips} == {"boundary"}


def test_a_threshold_moved_up_fails_the_gates_with_questions_declined(baseline: Run) -> None:
    found = verdict(baseline, ask(confidence=replace(Confidence.plain(), threshold=0.9999)))
    assert found.exit_code == 1
    assert {"right", "F1"} <= failed(found)
    assert {flip.after.stage for flip in comparison(found).flips} == {"false_abstain"}
    assert comparison(found).changed["threshold"] == ("0.5", "0.9999")


def edited(id: str, text: str) -> dict[str, str]:
    return texts() | {id: text}


def test_an_article_edited_away_under_its_question_is_stale_gold_not_a_failure() -> None:
    changed = edited("trade-05", "each day nobody mends anything.")
    (problem,) = [one.problem for one in check(questions(), changed) if one.problem]
    assert (problem.file, problem.line) == ("gold.jsonl", 6)
    assert Verdict(problems=(problem,)).exit_code == 3


@pytest.mark.parametrize(("at", "code"), [(0, 1), (4, 0)])
def test_an_article_that_now_says_more_flips_its_question_and_breaks_only_what_must_pass(
    baseline: Run, at: int, code: int
) -> None:
    gold = next(gold for gold in questions() if gold.id == f"q-{at:02}")
    words = gold.question.removeprefix("Who ").rstrip("?")
    id = f"trade-{at:02}"
    more = f"{words} {words}, says Zora, who {words}. {gold.evidence}"
    changed = edited(id, more)
    assert [one.problem for one in check(questions(), changed) if one.problem] == []
    found = verdict(baseline, ask(changed))
    assert (found.exit_code, lost(found), comparison(found).articles) == (code, {gold.id}, (id,))
    assert [o.gold.id for o in found.broken] == ([gold.id] if code else [])


@pytest.mark.parametrize(("at", "code"), [(0, 1), (4, 0)])
def test_an_edited_gold_answer_is_listed_not_compared_and_guarded_when_it_must_pass(
    baseline: Run, at: int, code: int
) -> None:
    gold = [replace(q, answers=("each day",)) if q.id == f"q-{at:02}" else q for q in questions()]
    found = verdict(baseline, ask(gold=gold))
    assert [q.id for q in comparison(found).edited] == [f"q-{at:02}"]
    assert (found.exit_code, comparison(found).flips) == (code, ())
    assert comparison(found).compared == len(questions()) - 1


def test_added_and_removed_questions_are_listed_and_the_others_compared(baseline: Run) -> None:
    gold = [replace(q, id="new") if q.id == "q-03" else q for q in questions()]
    found = comparison(verdict(baseline, ask(gold=gold)))
    assert ([q.id for q in found.added], [q.id for q in found.removed]) == (["new"], ["q-03"])
    assert found.compared == len(questions()) - 1


def test_a_selection_removes_nothing(baseline: Run) -> None:
    found = compare(baseline, ask(gold=questions()[:9]), selected=True)
    assert (found.compared, found.removed) == (9, ())


def shuffles(times: int) -> Iterator[random.Random]:
    return (random.Random(seed) for seed in range(times))


def test_twenty_runs_of_the_same_in_other_orders_never_fail_and_never_differ(baseline: Run) -> None:
    for shuffle in shuffles(20):
        gold = questions()
        shuffle.shuffle(gold)

        def order(ids: Iterable[str], shuffle: random.Random = shuffle) -> list[str]:
            return shuffle.sample(sorted(ids), len(list(ids)))

        found = verdict(baseline, ask(gold=gold, order=order))
        assert (found.exit_code, comparison(found).flips, comparison(found).reworded) == (0, (), ())
        assert comparison(found).changed == {}


def test_the_verdict_of_the_gates_does_not_depend_on_order(baseline: Run) -> None:
    now = ask(reader=OtherCheckpoint())
    turned = replace(now, outcomes=tuple(reversed(now.outcomes)))
    assert compare(baseline, now).gates == compare(baseline, turned).gates


def churned(run: Run, share: float, rng: random.Random) -> Run:
    """The run with a share of the outcomes turned over, by chance alone."""
    outcomes = tuple(
        replace(o, passed=not o.passed, f1=1.0 - o.f1, em=1.0 - o.em) if rng.random() < share else o
        for o in run.outcomes
    )
    return replace(run, outcomes=outcomes)


def test_churn_without_a_cause_rarely_fails(baseline: Run) -> None:
    """Both sides half right by chance and 10 % turned over without a direction: 5 % may fail, of 60."""
    alarms = 0
    for rng in shuffles(60):
        even = churned(baseline, 0.5, rng)
        alarms += bool(compare(even, churned(even, 0.1, rng)).failed)
    assert alarms <= 5  # P(more | 5 %) < 0.1


def test_a_drop_in_one_article_alone_proves_nothing(baseline: Run) -> None:
    """All questions of the sample stand in one article: their F1 falls together, which may be that article's doing."""
    same = [replace(o, gold=replace(o.gold, articles=("trade-00",))) for o in baseline.outcomes]
    before = replace(baseline, outcomes=tuple(o for o in same if o.gold.expect == "answer"))
    after = replace(before, outcomes=tuple(replace(o, f1=0.5) for o in before.outcomes))
    assert {gate.name: gate.p for gate in compare(before, after).gates}["F1"] == 0.5


def gate(found: Comparison, name: str) -> Gate:
    return next(gate for gate in found.gates if gate.name == name)


def test_a_gate_tells_the_smallest_drop_it_would_have_failed_on(baseline: Run) -> None:
    right = gate(compare(baseline, baseline), "right")
    assert right.visible is not None
    fewest = round(right.visible * right.n)
    for losses, fails in ((fewest, True), (fewest - 1, False)):
        lost = [replace(o, passed=False) if at < losses else o for at, o in enumerate(baseline.outcomes)]
        assert (not gate(compare(baseline, replace(baseline, outcomes=tuple(lost))), "right").passed) is fails


def test_the_verdict_says_so_when_questions_are_too_few_for_any_drop(baseline: Run) -> None:
    def verdict_of(count: int) -> str:
        few = replace(baseline, outcomes=baseline.outcomes[:count])
        return verdict(few, few).sentence

    assert "So few questions can show no drop" in verdict_of(5)
    assert "few" not in verdict_of(len(baseline.outcomes))


def test_a_significant_drop_below_the_smallest_effect_passes(baseline: Run) -> None:
    found = compare(baseline, ask(reader=OtherCheckpoint()), min_effect=0.9)
    assert found.failed == ()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (lambda run: replace(run, metrics="1"), lambda run: run, "version 1"),
        (lambda run: replace(run, outcomes=()), lambda run: run, "none of the"),
        (
            lambda run: replace(run, outcomes=(replace(run.outcomes[0], error="no"), *run.outcomes[1:])),
            lambda run: run,
            "never answered",
        ),
        (
            lambda run: run,
            lambda run: replace(
                run, outcomes=tuple(replace(o, gold=replace(o.gold, question="?")) for o in run.outcomes)
            ),
            "none of the",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(baseline: Run, before, after, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotComparableError, match=says):
        compare(before(baseline), after(baseline))


def test_ranks_to_another_depth_are_not_compared(baseline: Run) -> None:
    shallow = replace(baseline, facts={**baseline.facts, "ranked": "as read"})
    assert [gate.name for gate in compare(shallow, baseline).gates] == ["right", "F1"]


def test_a_rejected_answer_given_again_fails_whether_or_not_it_must_pass(baseline: Run) -> None:
    answer = questions()[7].answers[0]
    gold = [
        replace(questions()[7], expect="no_answer", answers=(), articles=(), evidence="", rejected_answers=(answer,))
    ]
    found = Verdict(ask(gold=gold))
    assert (found.exit_code, [o.rejected for o in found.broken]) == (1, [True])


def test_a_baseline_survives_its_file_byte_for_byte(baseline: Run, tmp_path: Path) -> None:
    record.write(baseline, tmp_path / "a.json")
    again = record.read(tmp_path / "a.json")
    record.write(again, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert compare(baseline, again).flips == ()
    assert compare(baseline, again).compared == len(baseline.outcomes)


def test_the_same_run_twice_is_the_same_baseline_byte_for_byte(baseline: Run, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        record.write(record.as_baseline(ask(), "why"), tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_run_in_memory_is_what_its_file_is(baseline: Run, tmp_path: Path) -> None:
    thirds = replace(baseline, outcomes=tuple(replace(o, f1=2 / 3) for o in baseline.outcomes))
    record.write(thirds, tmp_path / "run.json")
    found = gate(compare(record.read(tmp_path / "run.json"), thirds), "F1")
    assert (found.losses, found.gains, found.p) == (0, 0, 1.0)


def test_a_few_articles_show_no_drop_of_f1_however_many_questions_are_asked(baseline: Run) -> None:
    few = [replace(o, gold=replace(o.gold, articles=(f"a{n % 4}",))) for n, o in enumerate(baseline.outcomes)]
    run = replace(baseline, outcomes=tuple(o for o in few if o.gold.expect == "answer"))
    assert gate(compare(run, run), "F1").visible is None
