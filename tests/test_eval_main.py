"""python -m eval: what it prints and the exit code of every ending."""

import json
from pathlib import Path

import pytest

from eval import __main__ as command
from index.library import Library
from rag.answer import Answerer
from rag.confidence import Confidence
from tests.fakes import CapitalReader, WordEmbedder
from tests.test_eval_run import FailingReader, OffByOne

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


@pytest.fixture
def answerers(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The data folders opened; every one with predictable models."""
    opened: list[Path] = []

    def open_answerer(data: Path) -> Answerer:
        opened.append(data)
        return Answerer(Library.open(data, WordEmbedder()), CapitalReader(), Confidence.plain())

    monkeypatch.setattr(command, "open_answerer", open_answerer)
    return opened


def gold(folder: Path, *lines: dict[str, object]) -> str:
    path = folder / "gold.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def test_a_run_prints_scores_and_passes(
    tmp_path: Path, articles: Path, answerers: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["run", "--gold", gold(tmp_path, NETS, SAILS), "--articles", str(articles)]) == 0
    shown = capsys.readouterr().out
    assert "recall@5 by article" in shown
    assert "did not pass" not in shown


def test_a_wrong_answer_is_listed_with_its_stage_and_does_not_fail_the_run(
    tmp_path: Path, articles: Path, answerers: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["run", "--gold", gold(tmp_path, NETS, WRONG), "--articles", str(articles)]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "q-wrong" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][:5] == [
        "ranking",
        "q-wrong",
        "Who paints wooden hulls?",
        "Vane",
        "Cole",
    ]


def test_only_failed_leaves_the_scores_out(
    tmp_path: Path, articles: Path, answerers: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    command.main(["run", "--gold", gold(tmp_path, NETS, WRONG), "--articles", str(articles), "--only-failed"])
    shown = capsys.readouterr().out
    assert "1 did not pass" in shown
    assert "recall@5" not in shown


def test_json_is_written_with_all_outcomes(tmp_path: Path, articles: Path, answerers: list[Path]) -> None:
    report = tmp_path / "report.json"
    command.main(["run", "--gold", gold(tmp_path, NETS, WRONG), "--articles", str(articles), "--json", str(report)])
    assert [outcome["id"] for outcome in json.loads(report.read_text())["outcomes"]] == ["q-nets", "q-wrong"]


def test_tags_select_questions_with_any_of_them(tmp_path: Path, articles: Path, answerers: list[Path]) -> None:
    report, lines = tmp_path / "report.json", gold(tmp_path, NETS, WRONG, SAILS)
    command.main(["run", "--gold", lines, "--articles", str(articles), "--json", str(report), "--tags", "names,other"])
    assert [outcome["id"] for outcome in json.loads(report.read_text())["outcomes"]] == ["q-wrong"]


def test_a_library_is_used_as_it_stands(tmp_path: Path, articles: Path, answerers: list[Path]) -> None:
    data, lines = tmp_path / "data", gold(tmp_path, NETS)
    assert command.main(["run", "--gold", lines, "--articles", str(articles), "--data", str(data)]) == 0
    assert command.main(["run", "--gold", lines, "--data", str(data)]) == 0
    assert answerers == [data, data]


@pytest.mark.parametrize("selected", [["--tags", "nobody"], []])
def test_no_question_selected_is_incomplete(
    tmp_path: Path, articles: Path, answerers: list[Path], selected: list[str]
) -> None:
    lines = gold(tmp_path, NETS | {"status": "active" if selected else "candidate"})
    assert command.main(["run", "--gold", lines, "--articles", str(articles), *selected]) == 4


def test_a_question_that_cannot_be_asked_is_incomplete(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        command,
        "open_answerer",
        lambda data: Answerer(Library.open(data, WordEmbedder()), FailingReader(), Confidence.plain()),
    )
    assert command.main(["run", "--gold", gold(tmp_path, NETS, WRONG), "--articles", str(articles)]) == 4
    assert "RuntimeError: no logits" in capsys.readouterr().out


def test_an_invalid_citation_fails_the_gate(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        command,
        "open_answerer",
        lambda data: OffByOne(Library.open(data, WordEmbedder()), CapitalReader(), Confidence.plain()),
    )
    assert command.main(["run", "--gold", gold(tmp_path, NETS), "--articles", str(articles)]) == 1
    assert "invalid citation q-nets: nets[" in capsys.readouterr().out


@pytest.mark.parametrize("verb", [["run"], ["gold", "check"]])
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
    answerers: list[Path],
    capsys: pytest.CaptureFixture[str],
    verb: list[str],
    line: dict[str, object],
    says: str,
) -> None:
    path = gold(tmp_path, line)
    assert command.main([*verb, "--gold", path, "--articles", str(articles)]) == 3
    assert f"{path}:{says}" in capsys.readouterr().out


def test_sound_gold_passes_its_check_without_models(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["gold", "check", "--gold", gold(tmp_path, NETS, SAILS), "--articles", str(articles)]) == 0
    assert "2 questions, each with its evidence in 2 articles" in capsys.readouterr().out


def test_a_file_that_cannot_be_an_article_is_named_and_stops_nothing(
    tmp_path: Path, articles: Path, answerers: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (articles / "empty.txt").write_bytes(b"")
    assert command.main(["run", "--gold", gold(tmp_path, NETS), "--articles", str(articles)]) == 0
    assert "empty is refused: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run", "--gold", "nowhere.jsonl"],
        ["run", "--articles", "nowhere"],
        ["run", "--data", "nowhere"],
        ["run", "--unknown"],
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
def test_the_seeds_meet_their_floor(shared: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ["--gold", str(shared / "gold" / "seeds.jsonl"), "--articles", str(shared / "seeds")]
    assert command.main(["run", *arguments, "--json", str(report)]) == 0
    scores = json.loads(report.read_text())["scores"]
    assert scores["questions"] == 72
    assert scores["violations"] == 0
    assert scores["recall"]["5"] >= 0.95
    assert scores["f1"] >= 0.60
    assert scores["declined"] >= 0.75
