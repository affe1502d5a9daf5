"""python -m eval: what it prints and the exit code of every ending."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eval import __main__ as command
from eval import aa, opening
from eval.cache import Cache
from eval.opening import Models, Target
from rag.confidence import Confidence
from rag.load import MODEL
from rag.reader import Reader, Reading
from tests.fakes import CapitalReader, WordEmbedder
from tests.test_eval_run import FailingReader, InterruptedReader, OffByOne

NETS = {
    "id": "q-nets",
    "question": "Who mends torn nets?",
    "expect": "answer",
    "answers": ["Brook"],
    "articles": ["nets"],
    "evidence": "each morning Brook mends torn nets.",
    "tags": ["people"],
}
WRONG = NETS | {"id": "q-wrong", "question": "Who paints wooden hulls?", "answers": ["Vane"], "articles": ["paint"]}
WRONG |= {"evidence": "each evening Cole, never [Vane], paints wooden hulls.", "tags": ["names"]}
SAILS = {"id": "q-sails", "question": "Which sailmaker charges least?", "expect": "no_answer"}


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "nets.txt").write_text("here each morning Brook mends torn nets. gulls watch.\n")
    (folder / "paint.txt").write_text("here each evening Cole, never [Vane], paints wooden hulls. gulls sleep.\n")
    return folder


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command runs in a folder of its own, on predictable models."""
    monkeypatch.chdir(tmp_path)
    use(monkeypatch)


def use(
    monkeypatch: pytest.MonkeyPatch, reader: Reader | None = None, confidence: Confidence = Confidence.plain()
) -> None:
    def models(target: Target, cache: Cache | None, threads: int | None = None) -> Models:
        return WordEmbedder(), reader or CapitalReader(), confidence

    monkeypatch.setattr(opening, "models", models)
    monkeypatch.setattr(aa, "models", models)


def run(*arguments: object) -> int:
    """`run` over ./articles and ./gold.jsonl with whatever else is said."""
    return command.main(["run", "--gold", "gold.jsonl", "--articles", "articles", *map(str, arguments)])


class BatchReader(CapitalReader):
    """Sees answers only where it is given more than three passages at once."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        readings = super().read(question, passages)
        return readings if len(passages) > 3 else [replace(reading, null=100.0) for reading in readings]


def gold(folder: Path, *lines: dict[str, object]) -> str:
    path = folder / "gold.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def test_a_run_prints_scores_and_passes(tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold(tmp_path, NETS, SAILS)
    assert run("--baseline", "none") == 0
    shown = capsys.readouterr().out
    assert "recall@5 by article" in shown
    assert "did not pass" not in shown


def test_a_wrong_answer_is_listed_with_its_stage_and_does_not_fail_the_run(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold(tmp_path, NETS, WRONG)
    assert run("--baseline", "none") == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "q-wrong" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][:5] == [
        "ranking",
        "q-wrong",
        "Who paints wooden hulls?",
        "Vane",
        "Cole",
    ]


def test_only_failed_leaves_the_scores_out(tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold(tmp_path, NETS, WRONG)
    run("--baseline", "none", "--only-failed")
    shown = capsys.readouterr().out
    assert "1 did not pass" in shown
    assert "recall@5" not in shown


def ids(path: Path) -> list[str]:
    return [outcome["gold"]["id"] for outcome in json.loads(path.read_text())["outcomes"]]


def test_json_is_written_with_all_outcomes(tmp_path: Path, articles: Path) -> None:
    gold(tmp_path, NETS, WRONG)
    run("--json", "run.json")
    assert ids(tmp_path / "run.json") == ["q-nets", "q-wrong"]


def test_tags_select_questions_with_any_of_them(tmp_path: Path, articles: Path) -> None:
    gold(tmp_path, NETS, WRONG, SAILS)
    run("--json", "run.json", "--tags", "names,other")
    assert ids(tmp_path / "run.json") == ["q-wrong"]


def test_a_library_is_used_as_it_stands(tmp_path: Path, articles: Path) -> None:
    gold(tmp_path, NETS)
    assert run("--data", "data", "--baseline", "none") == 0
    assert command.main(["run", "--gold", "gold.jsonl", "--data", "data", "--baseline", "none"]) == 0


@pytest.mark.parametrize("selected", [["--tags", "nobody"], []])
def test_no_question_selected_is_incomplete(tmp_path: Path, articles: Path, selected: list[str]) -> None:
    gold(tmp_path, NETS | {"status": "active" if selected else "candidate"})
    assert run("--baseline", "none", *selected) == 4


def test_an_empty_gold_file_is_incomplete(tmp_path: Path, articles: Path) -> None:
    gold(tmp_path)
    assert run("--baseline", "none") == 4


def test_a_question_that_cannot_be_asked_is_incomplete(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, FailingReader())
    gold(tmp_path, NETS, WRONG)
    assert run("--baseline", "none") == 4
    assert "RuntimeError: no logits" in capsys.readouterr().out


def test_an_interrupted_run_is_incomplete_and_cannot_be_blessed(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, InterruptedReader())
    gold(tmp_path, NETS, WRONG)
    assert run("--json", "run.json") == 4
    assert command.main(["bless", "run.json", "-m", "half a run"]) == 4
    assert not (tmp_path / "baselines").exists()


def test_a_run_that_breaks_off_is_incomplete_and_leaves_no_old_report_behind(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def models(target: Target, cache: Cache | None, threads: int | None = None) -> Models:
        raise RuntimeError("no memory")

    monkeypatch.setattr(opening, "models", models)
    gold(tmp_path, NETS)
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "run.md").write_text("all is well")
    assert run("--baseline", "none", "--json", "run.json", "--md", "run.md") == 4
    assert not (tmp_path / "run.json").exists()
    assert "no memory" in (tmp_path / "run.md").read_text()


def test_a_service_that_is_not_there_is_incomplete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold(tmp_path, NETS)
    assert command.main(["run", "--gold", "gold.jsonl", "--url", "http://127.0.0.1:9", "--baseline", "none"]) == 4
    assert "does not answer" in capsys.readouterr().out


def test_an_invalid_citation_fails_the_gate(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(opening, "Answerer", OffByOne)
    gold(tmp_path, NETS)
    assert run("--baseline", "none") == 1
    assert "invalid citation q-nets: nets[" in capsys.readouterr().out


def test_a_must_pass_question_that_fails_fails_the_gate_without_any_baseline(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold(tmp_path, NETS, WRONG | {"must_pass": True})
    assert run("--baseline", "none") == 1
    assert "q-wrong must pass, but did not: Cole" in capsys.readouterr().out


def test_a_missing_baseline_is_no_pass_and_says_what_to_do(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold(tmp_path, NETS)
    assert run() == 5
    assert "python -m eval bless" in capsys.readouterr().out


def test_a_blessed_run_is_what_the_next_one_is_held_against(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gold(tmp_path, NETS, WRONG, SAILS)
    run("--json", "run.json")
    assert command.main(["bless", "run.json", "-m", "the first"]) == 0
    assert ids(tmp_path / "baselines" / "gold.json") == ["q-nets", "q-sails", "q-wrong"]
    assert run() == 0
    use(monkeypatch, confidence=Confidence(0.0, {"score": 1.0}, 1.0))
    assert run("--min-effect", "50") == 0
    assert "1 lost, 0 gained of 3 compared" in capsys.readouterr().out


def test_a_baseline_of_other_questions_is_not_comparable(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold(tmp_path, SAILS)
    run("--json", "run.json")
    command.main(["bless", "run.json", "-m", "the first"])
    gold(tmp_path, NETS)
    assert run() == 5
    assert "none of the 1 questions is the same" in capsys.readouterr().out


def test_a_damaged_baseline_is_not_comparable(tmp_path: Path, articles: Path) -> None:
    gold(tmp_path, NETS)
    (tmp_path / "old.json").write_text('{"format": 2')
    assert run("--baseline", "old.json") == 5


def test_blessing_a_part_says_what_is_no_longer_covered(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold(tmp_path, NETS, SAILS)
    for tags in ([], ["--tags", "people"]):
        run("--json", "run.json", *tags)
        assert command.main(["bless", "run.json", "-m", "as it is"]) == 0
    assert "1 of the earlier baseline are no longer covered: q-sails" in capsys.readouterr().out


def test_a_run_with_an_invalid_citation_cannot_be_blessed(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "Answerer", OffByOne)
    gold(tmp_path, NETS)
    run("--json", "run.json")
    assert command.main(["bless", "run.json", "-m", "why not"]) == 1


def test_two_run_files_are_compared(tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gold(tmp_path, NETS | {"must_pass": True})
    run("--json", "a.json")
    use(monkeypatch, confidence=Confidence(0.0, {"score": 1.0}, 1.0))
    run("--json", "b.json")
    assert command.main(["compare", "a.json", "a.json"]) == 0
    assert command.main(["compare", "a.json", "b.json"]) == 1
    assert command.main(["compare", "nowhere.json", "b.json"]) == 1
    assert command.main(["compare", "nowhere.json", "a.json"]) == 5
    assert command.main(["compare", "a.json", "nowhere.json"]) == 4


def test_a_run_against_itself_changes_no_answer(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold(tmp_path, NETS, WRONG, SAILS)
    assert command.main(["aa", "--gold", "gold.jsonl", "--articles", "articles"]) == 0
    assert "0 of 3 answers differ" in capsys.readouterr().out


def test_a_reader_that_depends_on_its_batch_is_caught(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in ("once", "twice", "often", "seldom"):
        (articles / f"{word}.txt").write_text(f"gulls {word} watch who mends torn nets.\n")
    use(monkeypatch, BatchReader())
    gold(tmp_path, NETS, SAILS)
    assert command.main(["aa", "--gold", "gold.jsonl", "--articles", "articles"]) == 1
    assert "q-nets" in capsys.readouterr().out


def test_an_incomplete_run_against_itself_proves_nothing(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold(tmp_path, NETS, WRONG)
    use(monkeypatch, FailingReader())
    assert command.main(["aa", "--gold", "gold.jsonl", "--articles", "articles"]) == 4
    assert command.main(["aa", "--gold", "gold.jsonl", "--articles", "articles", "--tags", "nobody"]) == 4


def test_one_answer_is_explained_with_every_passage_read(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (articles / "hulls.txt").write_text("gulls watch who paints wooden hulls.\n")
    gold(tmp_path, NETS, WRONG)
    assert command.main(["explain", "q-wrong", "--gold", "gold.jsonl", "--articles", "articles"]) == 0
    shown = capsys.readouterr().out
    assert "ranking: an accepted answer was found, but something else was ranked above it" in shown
    assert "paint[0:" in shown
    assert "hulls[0:" in shown
    assert command.main(["explain", "q-none", "--gold", "gold.jsonl", "--articles", "articles"]) == 2


@pytest.mark.parametrize("verb", [["run", "--baseline", "none"], ["gold", "check"]])
@pytest.mark.parametrize(
    ("line", "says"),
    [
        (NETS | {"answers": ["Bea"]}, "1: answer 'Bea' is not inside the evidence"),
        (NETS | {"articles": ["paint"]}, "1: the evidence of q-nets now stands in 'nets'"),
        (NETS | {"articles": ["gone"]}, "1: article 'gone' of q-nets is not in the collection"),
    ],
)
def test_invalid_or_stale_gold_is_told_from_failures(
    tmp_path: Path,
    articles: Path,
    capsys: pytest.CaptureFixture[str],
    verb: list[str],
    line: dict[str, object],
    says: str,
) -> None:
    gold(tmp_path, line)
    assert command.main([*verb, "--gold", "gold.jsonl", "--articles", "articles"]) == 3
    assert f"gold.jsonl:{says}" in capsys.readouterr().out


def test_sound_gold_passes_its_check_without_models(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["gold", "check", "--gold", gold(tmp_path, NETS, SAILS), "--articles", str(articles)]) == 0
    assert "2 questions, each with its evidence in 2 articles" in capsys.readouterr().out


def test_a_file_that_cannot_be_an_article_is_named_and_stops_nothing(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (articles / "empty.txt").write_bytes(b"")
    gold(tmp_path, NETS)
    assert run("--baseline", "none") == 0
    assert "empty is refused: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run", "--gold", "nowhere.jsonl"],
        ["run", "--articles", "nowhere"],
        ["run", "--data", "nowhere"],
        ["run", "--unknown"],
        ["run", "--url", "http://127.0.0.1:9", "--data", "."],
        ["run", "--min-effect", "0"],
        ["run", "--annotations", "gitlab"],
        ["bless", "run.json"],
        ["bless", "run.json", "-m", " "],
        ["compare", "a.json"],
        ["promote"],
        ["run", "--json", "/"],
        ["run", "--html", "/proc/nowhere/report.html"],
        ["gold"],
        ["bench", "retrieval"],
        ["bench", "ingest", "--data", __file__, "--passages", "0"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2


@pytest.mark.model
@pytest.mark.timeout(1200)
def test_the_seeds_meet_their_floor_an_unchanged_run_is_quick_and_a_moved_threshold_is_caught(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    arguments = ["run", "--gold", str(shared / "gold" / "seeds.jsonl"), "--articles", str(shared / "seeds")]
    arguments += ["--baseline", "none", "--cache", str(tmp_path / "cache"), "--json"]
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert command.main([*arguments, str(first)]) == 0
    scores = json.loads(first.read_text())["scores"]
    assert scores["questions"] == scores["timed"] == 72
    assert scores["violations"] == 0
    assert scores["recall"]["5"] >= 0.95
    assert scores["f1"] >= 0.60
    assert scores["declined"] >= 0.75
    started = time.process_time()
    assert command.main([*arguments, str(second)]) == 0
    assert time.process_time() - started < 10
    assert json.loads(second.read_text())["scores"]["timed"] == 0
    assert command.main(["compare", str(first), str(second)]) == 0

    timid = tmp_path / "reader"
    shutil.copytree(MODEL, timid)
    calibration = json.loads((timid / "calibration.json").read_text()) | {"threshold": 0.95}
    (timid / "calibration.json").write_text(json.dumps(calibration))
    moved = tmp_path / "moved.json"
    assert command.main([*arguments, str(moved), "--reader", str(timid)]) in (0, 1)
    assert command.main(["compare", str(first), str(moved)]) == 1


def test_a_file_with_candidates_alone_changes_no_baselines_name(tmp_path: Path, articles: Path) -> None:
    gold(tmp_path, NETS, SAILS)
    (tmp_path / "feedback.jsonl").write_text(
        json.dumps(WRONG | {"id": "fb", "answers": [], "status": "candidate"}) + "\n"
    )
    both = ["run", "--gold", "gold.jsonl", "feedback.jsonl", "--articles", "articles", "--json", "run.json"]
    assert command.main(both) == 5
    assert command.main(["bless", "run.json", "-m", "the first"]) == 0
    assert command.main(both) == 0
    assert command.main([*both, "--tags", "people"]) == 0


def test_a_candidate_without_an_answer_is_explained(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold(tmp_path, WRONG | {"answers": [], "status": "candidate"})
    assert command.main(["explain", "q-wrong", "--gold", "gold.jsonl", "--articles", "articles"]) == 0
    assert "not said yet" in capsys.readouterr().out
