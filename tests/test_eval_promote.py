"""From a reader's thumbs-down to a question that guards: candidate, completed, active, asserted."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval import __main__ as command
from eval import opening, promote
from eval.gold import load
from eval.promote import FeedbackError, candidates
from eval.verdict import Verdict
from index.types import Filters
from rag.confidence import Confidence
from tests.api_client import ask as ask_service
from tests.api_client import put, serving
from tests.eval_town import ask, person, questions, texts
from tests.fakes import CapitalReader, WordEmbedder

WRONG = person(0)
DOWN: dict[str, Any] = {
    "answer_id": "ans_1",
    "rating": "down",
    "reason": "wrong",
    "comment": "it is the gulls",
    "question": questions()[0].question,
    "filters": {"source": ["town"]},
    "answer": WRONG,
    "correct": {"article": "trade-00", "start": 1, "end": 6, "exact": "gulls", "evidence": "gulls watch over roofs."},
}


def test_a_thumbs_down_rejects_what_was_given_and_keeps_what_the_reader_marked() -> None:
    (gold,) = candidates([DOWN], [])
    assert (gold.id, gold.question, gold.status) == ("fb-ans_1", DOWN["question"], "candidate")
    assert (gold.rejected_answers, gold.answers, gold.articles) == ((WRONG,), ("gulls",), ("trade-00",))
    assert gold.evidence == "gulls watch over roofs."
    assert gold.filters == Filters(source=("town",))
    assert "it is the gulls" in gold.note


def test_without_a_mark_the_answer_is_left_to_a_person() -> None:
    (gold,) = candidates([DOWN | {"correct": None}], [])
    assert (gold.answers, gold.articles, gold.evidence) == ((), (), "")
    assert "Say what is right" in gold.note


def test_a_declined_question_has_nothing_to_reject() -> None:
    (gold,) = candidates([DOWN | {"answer": None}], [])
    assert gold.rejected_answers == ()


def test_a_thumbs_up_is_no_question_and_each_thumbs_down_is_one_once() -> None:
    found = candidates([DOWN | {"rating": "up"}, DOWN, DOWN], [])
    assert len(found) == 1
    assert candidates([DOWN], found) == []


def test_feedback_without_its_question_is_refused_by_name() -> None:
    with pytest.raises(FeedbackError, match="feedback on 'ans_1' has no usable 'question'"):
        candidates([{name: value for name, value in DOWN.items() if name != "question"}], [])


def test_the_round_trip_ends_in_a_question_that_guards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    articles = tmp_path / "articles"
    articles.mkdir()
    for id, text in texts().items():
        (articles / f"{id}.txt").write_text(text)
    (tmp_path / "feedback.jsonl").write_text(json.dumps(DOWN | {"correct": None}) + "\n")
    (tmp_path / "gold.jsonl").write_text("")
    arguments = ["promote", "--from", "feedback.jsonl", "--gold", "gold.jsonl"]
    for added in (1, 0):
        assert command.main([*arguments, "--into", "gold.jsonl"]) == 0
        assert f"{added} candidates added" in capsys.readouterr().out
    assert command.main(["gold", "check", "--gold", "gold.jsonl", "--articles", "articles"]) == 0
    assert "1 candidates wait for a person" in capsys.readouterr().out

    (line,) = (tmp_path / "gold.jsonl").read_text().splitlines()
    completed = json.loads(line) | {"status": "active", "expect": "no_answer", "note": "nobody does that"}
    (tmp_path / "gold.jsonl").write_text(json.dumps(completed) + "\n")
    (gold,) = load([tmp_path / "gold.jsonl"])
    still_wrong = Verdict(ask(gold=[gold]))
    assert (still_wrong.exit_code, [o.rejected for o in still_wrong.broken]) == (1, [True])
    mended = Verdict(ask(texts() | {"trade-00": "each day nobody is named."}, gold=[gold]))
    assert mended.exit_code == 0


def test_what_a_service_keeps_of_a_thumbs_down_is_promoted_and_guards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "The old ferry sank near Morlo on a cold day."
    with serving(tmp_path / "data") as client:
        put(client, "loss", text)
        body = ask_service(client, "Where did the old ferry sink on that cold day?")
        rating = {"answer_id": body["id"], "rating": "down", "reason": "wrong"}
        assert client.post("/v1/feedback", json=rating).status_code == 204
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opening, "models", lambda *_: (WordEmbedder(), CapitalReader(), Confidence.plain()))
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "loss.txt").write_text(text)
    (tmp_path / "gold.jsonl").write_text("")
    assert command.main(["promote", "--from", "data/feedback.jsonl", "--gold", "gold.jsonl"]) == 0
    line = json.loads((tmp_path / "gold.jsonl").read_text())
    assert line["rejected_answers"] == ["Morlo"]
    (tmp_path / "gold.jsonl").write_text(json.dumps(line | {"status": "active", "expect": "no_answer"}) + "\n")
    asked = ["run", "--gold", "gold.jsonl", "--articles", "articles", "--baseline", "none", "--no-cache"]
    assert command.main(asked) == 1
    (tmp_path / "articles" / "loss.txt").write_text("each day nobody is named.")
    assert command.main(asked) == 0


@pytest.mark.parametrize("torn", [0, 1])
def test_a_torn_line_is_passed_over(tmp_path: Path, torn: int) -> None:
    path = tmp_path / "feedback.jsonl"
    lines = [json.dumps(DOWN), json.dumps(DOWN)]
    lines[torn] = lines[torn][:40]
    path.write_text("\n".join(lines))
    assert promote.read(path) == [DOWN]


def test_what_is_no_feedback_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    path.write_text("thumbs down\n")
    with pytest.raises(FeedbackError, match="is no feedback"):
        promote.read(path)


def test_candidates_are_added_after_what_stands_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"id": "a", "question": "Who?", "expect": "no_answer"}')
    (gold,) = candidates([DOWN], [])
    promote.append([gold], path)
    assert [question.id for question in load([path])] == ["a", "fb-ans_1"]
    assert load([path])[1] == gold
