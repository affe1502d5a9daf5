"""Canonical lines, and SQuAD JSON in and out."""

import json
from pathlib import Path

import pytest

from eval import __main__ as command
from eval.exchange import export_squad, formatted, import_squad, line
from eval.gold import Gold, check, load
from eval.opening import read_texts
from index.types import Filters

ARTICLE = "Harbour news\n\nAda Brook mends the nets. Bea Cole paints the hulls.\n\nThe nets are old."
GOLD = Gold("q-1", "Who mends?", "answer", ("Ada Brook",), ("nets",), "Ada Brook mends the nets.", tags=("people",))
NONE = Gold("q-2", "Who sails?", "no_answer")


def test_a_canonical_line_has_its_fields_in_order_and_the_usual_ones_always() -> None:
    assert line(GOLD) == (
        '{"id": "q-1", "question": "Who mends?", "expect": "answer", "answers": ["Ada Brook"], "articles": ["nets"], '
        '"evidence": "Ada Brook mends the nets.", "tags": ["people"], '
        '"must_pass": false, "status": "active", "note": ""}'
    )


def test_a_canonical_line_says_the_same(tmp_path: Path) -> None:
    gold = Gold(
        "q",
        "Wer? „Ada“",
        "no_answer",
        filters=Filters(source=("a",)),
        rejected_answers=("x",),
        as_of="2020",
        must_pass=True,
    )
    path = tmp_path / "gold.jsonl"
    path.write_text(line(gold) + "\n", encoding="utf-8")
    assert load([path]) == [gold]


def test_formatting_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(
        '{"question":"Who?","id":"a","expect":"no_answer"}\n\n{"id": "b", "question": "W?", "expect": "no_answer"}'
    )
    once = formatted(path, load([path]))
    path.write_text(once)
    assert formatted(path, load([path])) == once
    assert [gold.line for gold in load([path])] == [1, 3]


def test_fmt_check_names_the_files_and_writes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"question":"Who?","id":"a","expect":"no_answer"}\n')
    before = path.read_bytes()
    assert command.main(["gold", "fmt", "--check", "--gold", str(path)]) == 3
    assert path.read_bytes() == before
    assert command.main(["gold", "fmt", "--gold", str(path)]) == 0
    assert command.main(["gold", "fmt", "--check", "--gold", str(path)]) == 0
    assert "is not in canonical form" in capsys.readouterr().out


def test_exported_answers_stand_where_squad_says_they_do() -> None:
    document = export_squad([GOLD, NONE], {"nets": ARTICLE})
    (first, second) = document["data"]
    (question,) = first["paragraphs"][0]["qas"]
    (answer,) = question["answers"]
    at = answer["answer_start"]
    assert first["paragraphs"][0]["context"][at : at + len(answer["text"])] == answer["text"] == "Ada Brook"
    assert second["paragraphs"][0]["qas"] == [
        {"id": "q-2", "question": "Who sails?", "is_impossible": True, "answers": []}
    ]


def test_squad_is_imported_as_gold_that_its_articles_support(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    squad = tmp_path / "squad.json"
    squad.write_text(json.dumps(export_squad([GOLD, NONE], {"nets": ARTICLE})))
    assert command.main(["gold", "import", str(squad), str(tmp_path / "in")]) == 0
    questions = load([tmp_path / "in" / "gold.jsonl"])
    assert [(q.id, q.expect, q.answers, q.evidence) for q in questions] == [
        ("q-1", "answer", ("Ada Brook",), "Ada Brook mends the nets."),
        ("q-2", "no_answer", (), ""),
    ]
    assert all(one.problem is None for one in check(questions, read_texts(tmp_path / "in" / "articles")))
    assert "python -m eval run --gold" in capsys.readouterr().out


def test_export_writes_the_active_questions(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "nets.txt").write_text(ARTICLE)
    gold = tmp_path / "gold.jsonl"
    gold.write_text(line(GOLD) + "\n" + line(Gold("c", "Who?", "answer", status="candidate")) + "\n")
    to = tmp_path / "out.json"
    assert command.main(["gold", "export", str(to), "--gold", str(gold), "--articles", str(tmp_path / "articles")]) == 0
    (data,) = json.loads(to.read_text())["data"]
    assert [question["id"] for question in data["paragraphs"][0]["qas"]] == ["q-1"]


def test_stats_say_what_so_many_questions_can_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text("".join(line(Gold(f"q{at}", f"Who {at}?", "no_answer", tags=("x",))) + "\n" for at in range(400)))
    assert command.main(["gold", "stats", "--gold", str(gold)]) == 0
    shown = capsys.readouterr().out
    assert "tag x" in shown
    assert (
        "fails from 8 losses on (2.0% of the questions) when nothing is gained, from 21 on when 8 are gained" in shown
    )


def test_answers_that_are_nothing_to_the_scores_are_not_imported(tmp_path: Path) -> None:
    def asked(id: str, *answers: str) -> dict[str, object]:
        places = [{"text": text, "answer_start": ARTICLE.index(text)} for text in answers]
        return {"id": id, "question": "Who mends?", "answers": places, "is_impossible": False}

    paragraph = {"context": ARTICLE, "qas": [asked("one", "Ada Brook", "."), asked("none", ".")]}
    (tmp_path / "squad.json").write_text(json.dumps({"data": [{"title": "Nets", "paragraphs": [paragraph]}]}))
    gold, _ = import_squad(tmp_path / "squad.json", tmp_path / "out")
    assert [(one.id, one.answers) for one in load([gold])] == [("one", ("Ada Brook",))]
