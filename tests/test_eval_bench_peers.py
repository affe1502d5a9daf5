"""The bench beside peers: every contestant gets every question, and is asked as a process of its own."""

import json
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console
from safetensors.numpy import load_file, save_file

from eval.bench import environments, peers, peers_report, worker
from eval.bench.peers import Comparison, Contestant, Result
from eval.bench.worker import ContestantError, Setting
from rag import squad

FAKE = Contestant("fake", "tests.fake_contestant")
ROOT = Path(__file__).parents[1]


def example(question: str, *answers: str) -> squad.Example:
    return squad.Example(question, "T", "c", question, tuple((answer, 0) for answer in answers))


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    passages = tmp_path / "passages.jsonl"
    lines = (
        {"id": name, "title": "", "text": f"{name} saw gulls near {place}"} for name, place in [("a", "X"), ("b", "Y")]
    )
    passages.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Setting(passages, tmp_path, tmp_path, tmp_path / "peers", tmp_path / "work", threads=1)


def test_every_contestant_answers_every_question_once_and_each_goes_first_in_turn() -> None:
    contestants = [Contestant(name, name) for name in "abc"]
    questions = [str(n) for n in range(3 * peers.BLOCK)]
    asked = list(peers.turns(contestants, questions))
    assert Counter((c.name, q) for c, block in asked for q in block) == Counter(
        (c, q) for c in "abc" for q in questions
    )
    assert [c.name for c, _ in asked] == [*"abc", *"bca", *"cab"]


def test_a_contestant_builds_and_answers_in_its_own_process(setting: Setting) -> None:
    worker.build(FAKE, setting)
    with worker.started(FAKE, setting) as ready:
        answers = [ready.ask(question) for question in ("a where?", "b where?")]
        memory, cpu = ready.resident_mb(), ready.cpu_s()
    assert [text for text, _ in answers] == ["X", "Y"]
    assert all(seconds > 0 for _, seconds in answers)
    assert memory > 1
    assert 0 < cpu < 60
    assert ready.start_s > 0


def test_an_index_that_is_there_is_not_made_again(setting: Setting) -> None:
    worker.build(FAKE, setting)
    (worker.index_folder(FAKE, setting) / "index.json").write_text('{"a": "kept"}')
    worker.build(FAKE, setting)
    with worker.started(FAKE, setting) as ready:
        assert ready.ask("a where?")[0] == "kept"


def test_a_contestant_that_fails_names_its_log(setting: Setting) -> None:
    setting.passages.write_text("no JSON\n")
    with pytest.raises(ContestantError, match=r"could not make its index; .*fake_contestant.log"):
        worker.build(FAKE, setting)
    setting.passages.write_text("")
    worker.build(FAKE, setting)
    with worker.started(FAKE, setting) as ready, pytest.raises(ContestantError, match="without an answer"):
        ready.ask("a where?")


def test_a_missing_environment_is_told_with_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(environments.EnvironmentMissingError, match=r"no environment 'haystack'.*make peers"):
        environments.python(tmp_path / "haystack")


def test_what_is_installed_is_what_is_required_and_all_it_requires(tmp_path: Path) -> None:
    for name, needs, size in (("one", ["two; extra == 'more'", "Three"], 10), ("two", [], 100), ("three", [], 1000)):
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        requires = "".join(f"Requires-Dist: {line}\n" for line in needs)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{requires}")
        (info / "RECORD").write_text(f"{name}.py,,\n")
        (tmp_path / f"{name}.py").write_bytes(bytes(size))
    assert environments.installed_bytes(["one==1"], tmp_path) == 1010
    assert environments.installed_bytes(["one[more]"], tmp_path) == 1110


@pytest.mark.parametrize("name", sorted({c.environment for c in peers.CONTESTANTS if c.environment}))
def test_an_environment_has_exact_versions_and_our_torch(name: str) -> None:
    lines = environments.requirements(name)
    assert all("==" in line for line in lines)
    assert "torch==2.13.0" in lines
    assert f".peers/{name}/.installed" in (ROOT / "Makefile").read_text()


def test_paragraphs_are_written_once_in_the_order_of_the_files(tmp_path: Path) -> None:
    qas = [{"id": "q", "question": "Who?", "answers": [{"text": "a", "answer_start": 0}]}] * 2
    files = []
    for number, contexts in enumerate((["one", "two"], ["two", "three"])):
        document = {"data": [{"title": "A_title", "paragraphs": [{"context": c, "qas": qas} for c in contexts]}]}
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(document))
    assert peers.write_passages(files, tmp_path / "work" / "passages.jsonl") == 3
    lines = [json.loads(line) for line in (tmp_path / "work" / "passages.jsonl").read_text().splitlines()]
    assert [(line["id"], line["title"], line["text"]) for line in lines] == [
        ("p000000", "A title", "one"),
        ("p000001", "A title", "two"),
        ("p000002", "A title", "three"),
    ]


def test_peers_get_the_weights_in_float32(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    save_file({"w": np.array([0.5, 0.25], dtype=np.float16)}, model / "model.safetensors")
    (model / "config.json").write_text('{"dtype": "float16", "max_position_embeddings": 12}')
    (model / "tokenizer.json").write_text("{}")
    copy = peers.float32_reader(model, tmp_path / "copy")
    weights = load_file(copy / "model.safetensors")["w"]
    assert (weights.dtype, weights.tolist()) == (np.float32, [0.5, 0.25])
    assert json.loads((copy / "config.json").read_text())["dtype"] == "float32"
    assert json.loads((copy / "tokenizer_config.json").read_text())["model_max_length"] == 12


def test_scores_are_means_over_the_questions() -> None:
    assert peers.scores(["two words", "wrong"], [example("a", "two words"), example("b", "right")]) == (1 / 2, 1 / 2)


def test_table_and_chart_show_ratios_to_the_first() -> None:
    results = (
        Result("ours", (0.01, 0.03), 0.05, 0.5, 0.625, 1.5, 400.0, 900.0),
        Result("theirs", (0.1, 0.1), 0.4, 0, 0, 9, 1, 1),
    )
    console = Console(width=160)
    table = peers_report.table(Comparison(8, 2, 1, 0.5, results))
    assert all(column.header or at == 0 for at, column in enumerate(table.columns))
    with console.capture() as shown:
        console.print(table)
    for figure in ("2 questions", "8 passages", "20", "5.0", "25", "8.0", "50.0", "62.5", "400", "900"):
        assert figure in shown.get()
    chart = ElementTree.fromstring(peers_report.chart(results))
    assert "20 ms, p95 29 ms" in [text.text for text in chart.iter("{http://www.w3.org/2000/svg}text")]
