"""What is kept: the same numbers again, no model loaded, and nothing kept for long when anything changed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval import cache as cache_module
from eval import memo
from eval.cache import Cache, CachedEmbedder, CachedReader, identity
from eval.memo import Memo
from eval.run import run
from eval.subject import Local
from rag.answer import Answerer
from rag.confidence import Confidence
from tests.eval_town import library, questions, texts
from tests.fakes import CapitalReader, WordEmbedder

PASSAGES = [("Headline", "Brook mends torn nets."), ("", "Cole paints hulls."), ("", "")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model's folder."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    cache = Cache(tmp_path / "cache" / "eval.sqlite3")
    yield cache
    cache.close()


def never() -> WordEmbedder:
    raise AssertionError("the model was loaded")


def never_read() -> CapitalReader:
    raise AssertionError("the model was loaded")


def test_a_reading_comes_back_as_it_was_without_the_model(folder: Path, cache: Cache) -> None:
    first = CachedReader(folder, CapitalReader, cache).read("Who mends torn nets?", PASSAGES)
    again = CachedReader(folder, never_read, cache)
    for one, two in zip(first, again.read("Who mends torn nets?", PASSAGES), strict=True):
        assert one.null == two.null
        for name in ("start", "end", "starts", "ends", "in_headline"):
            a, b = getattr(one, name), getattr(two, name)
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype
    assert again.name == "capitals"


def test_an_embedding_comes_back_as_it_was_without_the_model(folder: Path, cache: Cache) -> None:
    first = CachedEmbedder(folder, WordEmbedder, cache)
    vectors, lengths = first.encode(["torn nets", "hulls"]), first.lengths(["torn nets", "hulls"])
    again = CachedEmbedder(folder, never, cache)
    np.testing.assert_array_equal(again.encode(["torn nets", "hulls"]), vectors)
    assert again.lengths(["torn nets", "hulls"]) == lengths
    assert (again.name, again.fingerprint, again.dimension) == ("words", "words-256", 256)


@pytest.mark.parametrize("asked", [("Who mends nets?", PASSAGES), ("Who mends torn nets?", PASSAGES[:2])])
def test_another_question_or_batch_is_not_answered_from_the_cache(
    folder: Path, cache: Cache, asked: tuple[str, list[tuple[str, str]]]
) -> None:
    CachedReader(folder, CapitalReader, cache).read("Who mends torn nets?", PASSAGES)
    with pytest.raises(AssertionError, match="the model was loaded"):
        CachedReader(folder, never_read, cache).read(*asked)


def _weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"others")


def _config(folder: Path) -> None:
    (folder / "config.json").write_text('{"a": 1}')


def _more(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")


@pytest.mark.parametrize("change", [_weights, _config, _more])
def test_any_change_of_a_models_files_is_another_model(folder: Path, change: Callable[[Path], None]) -> None:
    before = identity(folder)
    change(folder)
    assert identity(folder) != before


def test_its_calibration_is_not_part_of_what_a_reader_says(folder: Path) -> None:
    before = identity(folder)
    (folder / "calibration.json").write_text("{}")
    (folder / "MODEL_CARD.md").write_text("a card")
    assert identity(folder) == before


def test_another_version_of_a_library_is_another_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = identity(folder)
    monkeypatch.setattr(cache_module, "libraries", lambda: ["torch 99"])
    assert identity(folder) != before


def test_a_damaged_cache_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "eval.sqlite3"
    path.write_bytes(b"no database at all" * 1000)
    cache = Cache(path)
    assert cache.get("key") is None
    cache.close()


def test_what_was_not_used_for_a_month_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "eval.sqlite3"
    for day, key in ((0, "old"), (20, "new"), (35, "newest")):
        monkeypatch.setattr(cache_module, "_now", lambda day=day: day * 86_400)
        cache = Cache(path)
        cache.put(key, {"a": np.arange(3)})
        cache.close()
    cache = Cache(path)
    assert (cache.get("old"), cache.get("new") is None) == (None, False)
    cache.close()


class _Counting(CapitalReader):
    asked = 0

    def read(self, question: str, passages):  # type: ignore[no-untyped-def]
        self.asked += 1
        return super().read(question, passages)


def test_an_unchanged_run_asks_nothing_and_times_nothing(cache: Cache) -> None:
    gold = questions(8)
    with library(texts(8)) as opened:
        reader = _Counting()
        subject = Local(Answerer(opened, reader, Confidence.plain()), lambda: cache.untimed)
        first = run(subject, gold, memory=Memo(cache, subject.facts()))
        asked, reader.asked = reader.asked, 0
        again = run(subject, gold, memory=Memo(cache, subject.facts()))
    assert (asked > 0, reader.asked) == (True, 0)
    assert [replace(o, timings_ms=None) for o in first.outcomes] == list(again.outcomes)
    assert all(o.timings_ms for o in first.outcomes)


def test_a_question_that_failed_to_be_asked_is_asked_again(cache: Cache) -> None:
    class Broken(CapitalReader):
        def read(self, question: str, passages):  # type: ignore[no-untyped-def]
            raise RuntimeError("no logits")

    with library(texts(4)) as opened:
        for reader, errors in ((Broken(), 2), (CapitalReader(), 0)):
            subject = Local(Answerer(opened, reader, Confidence.plain()))
            found = run(subject, questions(4)[:2], memory=Memo(cache, {"same": "facts"}))
            assert len(found.errors) == errors


@pytest.mark.parametrize("change", ["facts", "code", "question"])
def test_nothing_is_remembered_once_anything_changed(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    gold = questions(4)[0]
    with library(texts(4)) as opened:
        (outcome,) = run(Local(Answerer(opened, CapitalReader(), Confidence.plain())), [gold]).outcomes
    Memo(cache, {"a": "1"}).put(outcome)
    assert Memo(cache, {"a": "1"}).get(gold) is not None
    if change == "code":
        monkeypatch.setattr(memo, "code", lambda: "another")
    facts = {"a": "2" if change == "facts" else "1"}
    assert Memo(cache, facts).get(replace(gold, question="Who?") if change == "question" else gold) is None


def test_every_source_file_of_an_outcome_counts_wherever_the_project_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "train" / "bench"
    for name in ("index/a.py", "rag/b.py", "rag/train/c.py", "eval/d.py", "eval/bench/e.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    monkeypatch.setattr(memo, "_ROOT", root)
    states = [memo.code()]
    for name in ("index/a.py", "rag/b.py", "eval/d.py"):
        (root / name).write_text("changed")
        states.append(memo.code())
    assert len(set(states)) == 4
    for name in ("rag/train/c.py", "eval/bench/e.py"):
        (root / name).write_text("changed")
    assert memo.code() == states[-1]


def test_one_article_that_changed_is_another_state() -> None:
    with library(texts(4)) as opened:
        local = Local(Answerer(opened, CapitalReader(), Confidence.plain()))
        before = local.facts()
        opened.remove([opened.articles()[0].id])
        assert local.facts()["articles"] != before["articles"]


def test_what_does_not_judge_may_change_and_is_seen(cache: Cache) -> None:
    gold = questions(4)[0]
    with library(texts(4)) as opened:
        (outcome,) = run(Local(Answerer(opened, CapitalReader(), Confidence.plain())), [gold]).outcomes
    Memo(cache, {}).put(outcome)
    kept = Memo(cache, {}).get(replace(gold, tags=("new",), must_pass=False))
    assert kept is not None
    assert (kept.gold.tags, kept.gold.must_pass) == (("new",), False)


def test_a_question_that_a_model_was_loaded_for_has_no_time(tmp_path: Path, cache: Cache) -> None:
    reader = CachedReader(tmp_path, CapitalReader, cache)
    gold = questions(4)
    with library(texts(4)) as opened:
        reader._model = None  # as in a run that found the model's name in the cache
        found = run(Local(Answerer(opened, reader, Confidence.plain()), lambda: cache.untimed), gold)
    timed = [outcome.timings_ms is not None for outcome in found.outcomes]
    assert timed[0] is False
    assert any(timed)
