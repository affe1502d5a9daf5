"""Training data: what is kept apart from it, and what is made of it."""

import json
import random
import re
from pathlib import Path

import numpy as np
import pytest

from eval.opening import CORPUS
from index.embed import load_embedder
from index.library import Library
from rag import squad
from rag.encode import load_tokenizer
from rag.load import MODEL
from rag.train import ablate
from rag.train.augment import swapped
from rag.train.material import held_out_titles
from rag.train.mine import mine
from rag.train.prepare import ARCHIVES, ENCYCLOPEDIA, NEWS, Settings, prepare


def test_the_titles_held_out_are_those_of_every_run() -> None:
    examples = [squad.Example(str(n), f"title {n % 100}", "c", "q", ()) for n in range(300)]
    held_out = held_out_titles(examples)
    assert len(held_out) == 30
    assert held_out == held_out_titles(reversed(examples))


def test_every_row_of_the_ablation_has_one_part_more_and_the_last_has_all() -> None:
    rows = [ablate.settings(row) for row in range(len(ablate.ROWS))]
    assert [(row.negatives > 0, row.title > 0, row.typo > 0) for row in rows] == [
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, True),
    ]
    assert rows[-1] == Settings()


def test_of_few_titles_half_are_trained_on() -> None:
    examples = [squad.Example(str(n), f"title {n}", "c", "q", ()) for n in range(10)]
    assert len(held_out_titles(examples)) == 5


def test_a_question_is_made_about_a_name_of_another_sentence_than_its_answers() -> None:
    context = "The Tern was built for Ada Holm in 1931. Only then did the council let Bo Lind and Cay sail."
    example = squad.Example("1", "Ferries", context, "When was the Tern built for Ada Holm?", (("1931", 35),))
    (made,) = swapped([example], 1, 1.0, random.Random(3))
    assert made.question in ("When was the Tern built for Bo Lind?", "When was the Cay built for Ada Holm?")
    assert made.answers == ()


def test_a_name_that_shares_a_word_with_the_question_may_mean_the_same_and_is_not_taken() -> None:
    context = "The Tern was built for Ada Holm in 1931. Only then did the council let Bo Holm and Tern sail."
    example = squad.Example("1", "Ferries", context, "When was the Tern built for Ada Holm?", (("1931", 35),))
    assert list(swapped([example], 1, 1.0, random.Random(3))) == []


def test_what_a_bench_added_to_the_library_is_never_mined(tmp_path: Path) -> None:
    qas = [{"id": "1", "question": "When was the ferry Tern built?", "answers": [{"text": "1931", "answer_start": 22}]}]
    paragraphs = [{"context": "The Tern was built in 1931.", "qas": qas}]
    (tmp_path / "train.json").write_text(json.dumps({"data": [{"title": "Ferries", "paragraphs": paragraphs}]}))
    with Library.open(tmp_path / "work/library", load_embedder()) as library:
        list(library.add([squad.article("dev.json:000000", "Ships", "The ferry Tern sank in 1940.")]))
    mine(tmp_path / "train.json", tmp_path / "work", questions=1)
    lines = [json.loads(line) for line in (tmp_path / "work/mined.jsonl").read_text().splitlines()]
    assert {line["title"] for line in lines} == {"Ferries"}


@pytest.mark.parametrize("invented", [NEWS, ENCYCLOPEDIA, ARCHIVES])
def test_every_answer_of_the_invented_texts_stands_where_it_says(invented: Path) -> None:
    examples = list(squad.read(invented))
    assert len({example.id for example in examples}) == len(examples) > 5000
    for example in examples:
        assert all(example.context[start:].startswith(text) and text.strip() == text for text, start in example.answers)


def test_invented_texts_are_taken_as_often_as_is_said_and_not_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qas = [{"id": "1", "question": "When was the Tern built?", "answers": [{"text": "1931", "answer_start": 22}]}]
    paragraphs = [{"context": "The Tern was built in 1931.", "qas": qas}]
    for name in ("main.json", "news.json", "encyclopedia.json", "archives.json"):
        (tmp_path / name).write_text(json.dumps({"data": [{"title": "Ferries", "paragraphs": paragraphs}]}))
    (tmp_path / "mined.jsonl").touch()
    mined = {"id": "1", "question": "When was it built?", "about": "Ferries", "answerable": True, "title": "Ferries"}
    lines = [mined | {"context": "Tern, 1931.", "answers": [["1931", 6]]}, mined | {"context": "It.", "answers": []}]
    lines += [mined | {"question": "Who built it?", "answerable": False, "context": "Tern, 1931.", "answers": []}]
    for name in ("news", "archives"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mined.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setattr("rag.train.prepare.NEWS", tmp_path / "news.json")
    monkeypatch.setattr("rag.train.prepare.ENCYCLOPEDIA", tmp_path / "encyclopedia.json")
    monkeypatch.setattr("rag.train.prepare.ARCHIVES", tmp_path / "archives.json")
    first: list[np.ndarray] = []
    for times, retrieved, others, archives in ((0, 0, 0, 0), (2, 0, 0, 0), (2, 1, 0, 0), (1, 0, 3, 0), (0, 0, 0, 9)):
        settings = Settings(
            swaps=0,
            news=times,
            news_retrieved=9 * retrieved,
            encyclopedia=others,
            archives=archives,
            archives_retrieved=archives,
        )
        prepare([tmp_path / "main.json"], MODEL / "tokenizer.json", tmp_path, settings)
        arrays = np.load(tmp_path / "examples.npz")
        of_archives = archives and archives + 3  # also of the question without an answer
        assert arrays["untaught"].tolist() == [False] + [True] * (times + 2 * retrieved + others + of_archives)
        first.append(arrays["ids"][: arrays["lengths"][0]])
        data = json.loads((tmp_path / "prepare.json").read_text())["data"]
        assert ("news.json" in data) == (times > 0)
        assert ("encyclopedia.json" in data) == (others > 0)
        assert ("archives.json" in data) == (archives > 0)
    assert all(np.array_equal(ids, first[0]) for ids in first)  # whatever is invented, the others are as they were


def test_of_a_broken_number_of_times_a_share_of_the_questions_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qas = [{"id": str(n), "question": f"Who came {n}th?", "answers": []} for n in range(200)]
    file = tmp_path / "main.json"
    file.write_text(json.dumps({"data": [{"title": "A race", "paragraphs": [{"context": "Ada won.", "qas": qas}]}]}))
    monkeypatch.setattr("rag.train.prepare.NEWS", file)
    prepare([file], MODEL / "tokenizer.json", tmp_path, Settings(swaps=0, negatives=0, positives=0, news=1.3))
    assert 240 <= json.loads((tmp_path / "prepare.json").read_text())["parts"]["news"] <= 280


def test_of_the_archives_the_last_articles_alone_can_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [{"id": "1", "question": "Who won?", "answers": []}]
    races = [{"title": "A race", "paragraphs": [{"context": f"{n} won.", "qas": asked}]} for n in range(5)]
    file = tmp_path / "main.json"
    file.write_text(json.dumps({"data": races}))
    monkeypatch.setattr("rag.train.prepare.ARCHIVES", file)
    for last, count in ((0, 5), (2, 2), (9, 5)):
        settings = Settings(swaps=0, negatives=0, positives=0, archives=1, archives_last=last)
        prepare([file], MODEL / "tokenizer.json", tmp_path, settings)
        assert json.loads((tmp_path / "prepare.json").read_text())["parts"]["archives"] == count


def test_only_invented_texts_are_told_under_other_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = "The firm of Zangerle owns a mill. The mill once was run by Skodje."
    answers = [{"text": "Zangerle", "answer_start": context.index("Zangerle")}]
    qas = [{"id": "1", "question": "Who owns the mill?", "answers": answers}]
    mill = {"context": context, "qas": qas}
    bread = {"context": "There is bread by Quarrell and Brandlow.", "qas": [{**qas[0], "answers": []}]}
    for name, paragraphs in (("main", [mill]), ("news", [mill, bread])):
        (tmp_path / f"{name}.json").write_text(json.dumps({"data": [{"title": "Mills", "paragraphs": paragraphs}]}))
    monkeypatch.setattr("rag.train.prepare.NEWS", tmp_path / "news.json")
    settings = Settings(swaps=0, negatives=0, positives=0, news=1, title=0, sentence_headline=0, typo=0, renamed=1)
    prepare([tmp_path / "main.json"], MODEL / "tokenizer.json", tmp_path, settings)
    arrays = np.load(tmp_path / "examples.npz")
    tokenizer = load_tokenizer(MODEL / "tokenizer.json")
    ids = np.split(arrays["ids"], np.cumsum(arrays["lengths"])[:-1])
    main, news, _ = (tokenizer.decode(one.tolist()) for one in ids)
    assert "zangerle" in main
    assert "zangerle" not in news
    assert "skodje" not in news
    found = [
        tokenizer.decode(one[start : end + 1].tolist())
        for one, start, end in zip(ids, arrays["start"], arrays["end"], strict=True)
    ]
    assert found[0] == "zangerle"
    assert found[1] in {"quarrell", "brandlow"}


def test_the_archives_held_out_are_not_trained_on() -> None:
    held_out = list(squad.read(ARCHIVES.with_name("archives_held_out.json")))
    assert len({example.id for example in held_out}) == 2952
    assert all(e.context[start:].startswith(text) for e in held_out for text, start in e.answers)
    assert {e.context for e in held_out}.isdisjoint(e.context for e in squad.read(ARCHIVES))


@pytest.mark.parametrize("invented", [NEWS, ENCYCLOPEDIA, ARCHIVES])
def test_the_newspaper_that_answers_are_judged_on_is_not_in_the_invented_texts(invented: Path) -> None:
    lines = {line for file in CORPUS.iterdir() for line in file.read_text(errors="replace").splitlines()}
    judged = {line for line in lines if not re.fullmatch(r"\W*|(?:title|description): >", line)}  # markup alone
    assert len(judged) > 500
    for example in squad.read(invented):
        assert judged.isdisjoint(example.context.splitlines())
