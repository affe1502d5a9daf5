"""Benchmarks on predictable models: what they measure on, and that both sides do the same work."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from rich.console import Console

from eval.abstention import ece
from eval.bench import copies, ingest, question, retrieval, squad
from eval.bench.paragraphs import Paragraphs, read, sampled
from eval.gold import Gold
from index.both_sides import Mode
from index.errors import RefusedError
from index.library import Library
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.reader import Reading
from tests.fakes import CapitalReader, WordEmbedder
from tests.test_index_library import intake

SUBJECTS = ["nets", "hulls", "tides", "gulls", "ferries", "lamps", "ropes", "maps"]


@pytest.fixture
def squad_file(tmp_path: Path) -> Path:
    """Eight paragraphs of one title, each with one answerable and one impossible question."""
    paragraphs = [
        {
            "context": f"Here the {subject} were counted by clerk{n}. ",
            "qas": [
                {
                    "id": f"a{n}",
                    "question": f"Who counted {subject}?",
                    "answers": [{"text": f"clerk{n}", "answer_start": 0}],
                },
                {"id": f"b{n}", "question": f"Who sold {subject}?", "answers": [], "is_impossible": True},
            ],
        }
        for n, subject in enumerate(SUBJECTS)
    ]
    document = {"data": [{"title": "Harbour_ledger", "paragraphs": [*paragraphs, paragraphs[0]]}]}
    path = tmp_path / "squad.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def paragraphs(squad_file: Path) -> Paragraphs:
    return read(squad_file)


@pytest.fixture
def library(tmp_path: Path, paragraphs: Paragraphs) -> Iterator[Library]:
    with Library.open(tmp_path / "library", WordEmbedder()) as library:
        assert len(list(library.add(paragraphs.articles))) == len(SUBJECTS)
        yield library


def test_each_different_paragraph_is_an_article_under_its_title(paragraphs: Paragraphs) -> None:
    assert [intake.article.id for intake in paragraphs.articles] == [f"p{n:06}" for n in range(len(SUBJECTS))]
    assert paragraphs.articles[2].article.text == "Harbour ledger\n\nHere the tides were counted by clerk2."
    assert len({intake.article.sha256 for intake in paragraphs.articles}) == len(SUBJECTS)


def test_only_answerable_questions_are_asked_each_of_its_paragraph(paragraphs: Paragraphs) -> None:
    expected = [(f"Who counted {subject}?", f"p{n:06}") for n, subject in enumerate(SUBJECTS)]
    assert paragraphs.questions == (*expected, expected[0])


def test_a_sample_depends_on_its_seed_alone(paragraphs: Paragraphs) -> None:
    sample = sampled(paragraphs.questions, 4, seed=1)
    assert sample == sampled(paragraphs.questions, 4, seed=1)
    assert sample != sampled(paragraphs.questions, 4, seed=2)
    assert sampled(paragraphs.questions, 100, seed=1) == list(paragraphs.questions)


@pytest.mark.parametrize("mode", get_args(Mode))
def test_every_mode_finds_paragraphs_that_share_a_word_with_the_question(
    library: Library, paragraphs: Paragraphs, mode: Mode
) -> None:
    scores = retrieval.search(library, paragraphs.questions, mode)
    assert scores.recall == {1: 1.0, 5: 1.0, 10: 1.0, 20: 1.0}
    assert scores.mrr_10 == 1.0


def test_a_question_whose_paragraph_is_elsewhere_counts_as_not_found(library: Library, paragraphs: Paragraphs) -> None:
    questions = [paragraphs.questions[0], (paragraphs.questions[0][0], "p999999")]
    assert retrieval.search(library, questions, "lexical").recall[20] == 1 / 2


def test_embedding_alone_gets_the_texts_the_library_embedded(tmp_path: Path, paragraphs: Paragraphs) -> None:
    embedder, alone = WordEmbedder(), list[list[str]]()
    result = ingest.compare(paragraphs.articles, embedder, alone.append, tmp_path / "ingest", passages=6)
    warm_up, *slices = alone
    assert [text for texts in slices for text in texts] == [
        f"Harbour ledger\nHere the {subject} were counted by clerk{n}." for n, subject in enumerate(SUBJECTS[:6])
    ]
    assert result.passages == 6
    assert embedder.embedded == 6 + len(warm_up)
    assert len(result.library_s) == len(result.alone_s) == len(slices)


def test_adding_again_embeds_nothing(tmp_path: Path, paragraphs: Paragraphs) -> None:
    result = ingest.compare(paragraphs.articles, WordEmbedder(), len, tmp_path / "ingest", passages=6)
    assert (result.again, result.again_embedded) == ({"unchanged": 6}, 0)


def test_the_ratio_is_of_speeds() -> None:
    result = ingest.Result(100, library_s=(2.0, 3.0), alone_s=(2.0, 2.0), again_s=1.0, again={}, again_embedded=0)
    assert result.ratio == 4 / 5


def test_a_file_with_too_few_passages_is_refused_with_their_number(paragraphs: Paragraphs) -> None:
    with pytest.raises(RefusedError, match="makes 8 passages, not 9"):
        ingest.enough(paragraphs.articles, WordEmbedder(), 9)


def test_the_tables_show_every_figure() -> None:
    console = Console(width=120, record=True, quiet=False, file=None)
    modes: dict[Mode, retrieval.ModeScores] = {
        "dense": retrieval.ModeScores({1: 0.125, 5: 0.25, 10: 0.5, 20: 0.75}, 0.375)
    }
    with console.capture() as shown:
        console.print(retrieval.table(retrieval.Result(8, 9, 7, 0, modes)))
        console.print(ingest.table(ingest.Result(100, (2.0, 3.0), (2.0, 2.0), 1.5, {"unchanged": 80}, 0)))
    for figure in (
        "7 questions",
        "0.125",
        "0.250",
        "0.750",
        "0.375",
        "20.0",
        "25.0",
        "0.800",
        "0 embedded",
        "80 unchanged",
    ):
        assert figure in shown.get()


class PerfectReader(CapitalReader):
    """Points at clerk<n>, and surely only where the question asks who counted."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        sure = 5.0 if "counted" in question else -5.0
        found = []
        for _, text in passages:
            at = text.index("clerk")
            logit = np.array([sure], dtype=np.float32)
            end = np.array([at + len("clerk0")])
            found.append(Reading(logit, logit, 0.0, np.array([at]), end, np.array([False])))
        return found


def test_a_perfect_reader_scores_everything(squad_file: Path) -> None:
    result = squad.alone(PerfectReader(), squad.sampled(squad_file, None, 0, answerable=False))
    full = squad.Score(9, 1.0, 1.0)
    assert (result.answerable, result.unanswerable, result.forced) == (full, full, full)
    assert (result.all, result.best_f1) == (squad.Score(18, 1.0, 1.0), 1.0)


def test_scores_are_kept_with_the_recipe_by_the_name_of_their_file(squad_file: Path, tmp_path: Path) -> None:
    recipe, reader = tmp_path / "recipe.json", PerfectReader()
    recipe.write_text('{"name": "perfect", "scores": {"other.json": {}}}')
    found = squad.alone(reader, squad.sampled(squad_file, None, 0, answerable=False))
    for _ in range(2):
        squad.record(found, reader, squad_file, tmp_path)
    kept = json.loads(recipe.read_text())
    assert (kept["name"], list(kept["scores"])) == ("perfect", ["other.json", squad_file.name])
    scores = kept["scores"][squad_file.name]
    assert scores["sha256"] == hashlib.sha256(squad_file.read_bytes()).hexdigest()
    assert (scores["reader"], scores["best_f1"], scores["forced"]["questions"]) == (reader.name, 1.0, 9)


def test_a_threshold_too_high_declines_every_question(squad_file: Path) -> None:
    result = squad.alone(PerfectReader(), squad.sampled(squad_file, None, 0, answerable=False), threshold=100.0)
    assert (result.answerable.f1, result.forced.f1, result.all.f1, result.best_f1) == (0.0, 1.0, 0.5, 1.0)


def test_a_reader_that_finds_nothing_declines_and_is_right_about_the_unanswerable(squad_file: Path) -> None:
    class Blind(PerfectReader):
        def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
            none = np.array([])
            return [Reading(none, none, 0.0, none, none, none) for _ in passages]

    result = squad.alone(Blind(), squad.sampled(squad_file, None, 0, answerable=False))
    assert (result.all.f1, result.forced.f1, result.best_f1) == (0.5, 0.0, 0.5)


def test_open_asks_the_whole_path_beside_the_gold_passage(squad_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "more.json"
    other.write_bytes(squad_file.read_bytes())
    with Library.open(tmp_path / "library", WordEmbedder()) as library:
        answerer = Answerer(library, PerfectReader(), Confidence.plain())
        result = squad.end_to_end(answerer, squad_file, [other], limit=4, seed=0)
    assert result.passages == 2 * len(SUBJECTS)
    assert (result.end_to_end.questions, result.alone.f1) == (4, 1.0)
    assert 0.0 < result.kept <= 1.0


def test_the_calibration_error_is_the_gap_between_confidence_and_truth() -> None:
    assert ece([(0.75, True), (0.75, True), (0.75, True), (0.75, False)]) == pytest.approx(0.0)
    assert ece([(0.95, True), (0.95, False), (0.05, False), (0.05, False)]) == pytest.approx(0.25)


def test_the_stages_of_a_question_are_its_whole_time(tmp_path: Path, squad_file: Path) -> None:
    with Library.open(tmp_path / "library", WordEmbedder()) as library:
        answerer = Answerer(library, CapitalReader(), Confidence.plain())
        found = question.measure(answerer, [squad_file], limit=6, seed=0)
        assert answerer.ask("Who counted nets?").best is not None
    assert found.passages == len(SUBJECTS)
    assert len(found.total) == 6
    assert sum(found.stages.values()) == pytest.approx(np.mean(found.total))
    assert {"read", "decode", "embed the question", "search: vectors"} < found.stages.keys()
    assert all(ms >= 0 for ms in found.stages.values())
    console = Console(width=120)
    with console.capture() as shown:
        console.print(question.table(found))
    assert "6 questions, 8 passages" in shown.get()


def test_the_work_of_a_row_grows_with_its_length_squared() -> None:
    assert question.work_of(128) == 7 * (24 * 128 * 384**2 + 4 * 128**2 * 384)
    assert question.work_of(256) > 2 * question.work_of(128)


ARTICLE = """The harbour ledger

The clerk sold nets to Morlo. Nobody else was there that day.

A ferry came in at noon. It brought flour and salt from the islands.

The old lamp on the quay was mended, so the boats found their way again."""


def test_copies_are_edited_each_in_its_own_way_and_always_alike() -> None:
    article = intake("ledger", ARTICLE.partition("\n\n")[2], "The harbour ledger").article
    made = {copy.article.id: copy.article for copy in copies.edited(article)}
    assert made == {copy.article.id: copy.article for copy in copies.edited(article)}
    assert list(made) == ["ledger-reprinted", "ledger-shortened", "ledger-reworded"]
    assert {copy.title for copy in made.values()} == {article.title}
    assert len({article.text, *(copy.text for copy in made.values())}) == 4
    assert made["ledger-shortened"].text.count("\n\n") == 2
    assert "first appeared elsewhere" in made["ledger-reprinted"].text
    assert all(copy.text.startswith(article.title) for copy in made.values())


def test_a_question_is_asked_alone_and_beside_copies(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ledger.txt").write_text(ARTICLE)
    gold = [
        Gold("a", "Who bought nets from the clerk?", "answer", ("Morlo",), ("ledger",)),
        Gold("b", "Who mended the ferry?", "no_answer"),
    ]
    with Library.open(tmp_path / "library", WordEmbedder()) as library:
        answerer = Answerer(library, CapitalReader(), Confidence.plain())
        pairs = copies.measure(answerer, folder, gold, None, seed=0)
        assert library.stats().articles == 1
    assert [pair.question for pair in pairs] == [one.question for one in gold]
    assert len(pairs[0].copied.trace) > len(pairs[0].alone.trace)
    assert not any(pair.other_guess or pair.moved > copies.MOVED for pair in pairs)


def test_articles_that_no_question_is_about_are_no_measure_of_copies(tmp_path: Path) -> None:
    gold = [Gold("a", "Who bought nets?", "answer", ("Morlo",), ("ledger",))]
    with Library.open(tmp_path / "library", WordEmbedder()) as library:
        answerer = Answerer(library, CapitalReader(), Confidence.plain())
        with pytest.raises(RefusedError, match="no question is about"):
            copies.measure(answerer, tmp_path / "nowhere", gold, None, seed=0)


def test_what_copies_change_is_told(tmp_path: Path) -> None:
    with Library.open(tmp_path, WordEmbedder()) as library:
        answerer = Answerer(library, CapitalReader(), Confidence.plain())
        list(library.add([intake("a", "The clerk sold nets to Morlo."), intake("b", "Tessaly sold a ferry.")]))
        nets, ferry = (answerer.ask(asked, min_confidence=0.0) for asked in ("Who got the nets?", "Who sold a ferry?"))
    moved = replace(nets, best_confidence=nets.best_confidence + 0.1)
    pairs = [copies.Pair("same", nets, nets), copies.Pair("moved", nets, moved), copies.Pair("other", nets, ferry)]
    console = Console(width=160, record=True)
    console.print(copies.table(pairs, nets.best_confidence + 0.05))
    told = console.export_text()
    assert "1 best guesses change, 1 other confidences move by more than 0.02; 2 cross" in " ".join(told.split())
    assert "same" not in told
