"""The library: what is added is found, what is removed is gone, filters are exact, and others' hands are refused."""

import gc
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import __main__ as command_line
from index.chunk import ChunkSettings, in_context
from index.errors import LibraryInUseError, ModelMismatchError, RefusedError
from index.library import Library
from index.search import LEXICAL_WEIGHT, fuse
from index.store import FILE
from index.types import Article, Filters, Intake, Outcome, Removed, content_hash
from tests.fakes import WordEmbedder

FLAGS = {"source": None, "published": None, "language": "en"}


def tamper(folder: Path, sql: str) -> None:
    """Changes the database behind the library's back."""
    connection = apsw.Connection(str(folder / FILE))
    connection.execute(sql)
    connection.close()


def intake(id: str, text: str, title: str = "", **fields: object) -> Intake:
    whole = f"{title}\n\n{text}" if title else text
    article = Article(id=id, title=title, text=whole, url=None, sha256="", **(FLAGS | fields))  # type: ignore[arg-type]
    return Intake(replace(article, sha256=content_hash(article)), (Removed("copyright line", "© nobody"),))


def found(library: Library, query: str, filters: Filters = Filters()) -> list[str]:
    return [hit.article.id for hit in library.search(query, 10, filters).hits]


def test_an_added_article_is_found_with_its_exact_passage(library: Library) -> None:
    assert [o.status for o in library.add([intake("a", "The ferry sank. Nobody drowned.", "Harbour news")])] == [
        "added"
    ]
    hit = library.search("ferry", 3).hits[0]
    assert (
        hit.passage.text == hit.article.text[hit.passage.start : hit.passage.end] == "The ferry sank. Nobody drowned."
    )


def test_a_word_of_the_headline_finds_every_passage(library: Library) -> None:
    list(library.add([intake("a", "It sank.", "Ferry disaster"), intake("b", "It rained.", "Weather")]))
    assert found(library, "ferry")[0] == "a"


def test_the_same_content_again_embeds_nothing(library: Library) -> None:
    list(library.add([intake("a", "The ferry sank.")]))
    embedded = library.embedder.embedded  # type: ignore[attr-defined]
    assert [o.status for o in library.add([intake("a", "The ferry sank.")])] == ["unchanged"]
    assert library.embedder.embedded == embedded  # type: ignore[attr-defined]


def test_changed_content_replaces_every_passage(library: Library) -> None:
    list(library.add([intake("a", "The ferry sank.")]))
    assert [o.status for o in library.add([intake("a", "The bridge opened.")])] == ["changed"]
    assert library.search("ferry", 5, mode="lexical").hits == ()
    assert library.stats().passages == 1


def test_the_last_of_two_articles_with_one_id_stands(library: Library) -> None:
    outcomes = list(library.add([intake("a", "First text."), intake("a", "Second text.")]))
    assert [o.status for o in outcomes] == ["added", "changed"]
    assert library.get("a").article.text == "Second text."  # type: ignore[union-attr]


def test_a_refusal_passes_through_in_its_place(library: Library) -> None:
    items = [intake("a", "One."), Outcome("x", "refused", "x is empty; give it text"), intake("b", "Two.")]
    assert [(o.id, o.status) for o in library.add(items)] == [("a", "added"), ("x", "refused"), ("b", "added")]


def test_a_long_run_of_refusals_is_reported_as_it_goes(library: Library) -> None:
    taken = []
    refusals = (taken.append(n) or Outcome(f"x{n}", "refused", "x is empty; give it text") for n in range(1000))  # type: ignore[func-returns-value]
    next(library.add(refusals))
    assert len(taken) < 300


def test_a_removed_article_is_not_found_and_says_whether_it_was_there(library: Library) -> None:
    list(library.add([intake("a", "The ferry sank."), intake("b", "The ferry sails.")]))
    assert library.remove(["a", "nobody"]) == ["a"]
    assert found(library, "ferry") == ["b"]
    assert library.get("a") is None


def test_what_cleaning_removed_is_kept_beside_the_article(library: Library) -> None:
    list(library.add([intake("a", "Text.")]))
    assert library.get("a").removed == (Removed("copyright line", "© nobody"),)  # type: ignore[union-attr]


def test_a_narrow_filter_finds_the_only_match_among_many(library: Library) -> None:
    many = [intake(f"m{n}", f"The ferry number {n} sank.", source="Post") for n in range(120)]
    list(library.add([*many, intake("one", "A boat and nothing more.", source="Courier", published=date(2021, 5, 1))]))
    for filters in (
        Filters(source=("Courier",)),
        Filters(published_gte=date(2021, 1, 1), published_lt=date(2022, 1, 1)),
        Filters(article=("one",)),
    ):
        result = library.search("ferry sank", 10, filters)
        assert ([h.article.id for h in result.hits], result.matching) == (["one"], 1)


def test_the_end_of_a_date_range_is_exclusive_and_undated_articles_never_match(library: Library) -> None:
    list(library.add([intake("dated", "Ferry.", published=date(2021, 5, 1)), intake("undated", "Ferry.")]))
    assert found(library, "ferry", Filters(published_lt=date(2021, 5, 1))) == []
    assert found(library, "ferry", Filters(published_lt=date(2021, 5, 2))) == ["dated"]


@pytest.mark.parametrize(
    "query", ["C++?", "it's", "NEAR(", '"', "hello-world", "NOT", "*", "😀", "a" * 5000, "col:x", ""]
)
def test_no_question_breaks_the_full_text_grammar(library: Library, query: str) -> None:
    list(library.add([intake("a", "It is C plus.")]))
    assert len(library.search(query, 3).hits) <= 1


def test_articles_are_listed_by_id_page_by_page(library: Library) -> None:
    list(library.add(intake(f"a{n}", f"Text {n}.") for n in range(5)))
    first = library.articles(limit=2)
    second = library.articles(after=first[-1].id, limit=2)
    assert next(library.all_articles(after=first[0].id)) == first[1]
    assert [a.id for a in first + second] == ["a0", "a1", "a2", "a3"]


def test_every_write_makes_the_next_generation_and_reading_makes_none(library: Library) -> None:
    list(library.add([intake("a", "Text.")]))
    library.search("text", 1)
    library.remove(["a"])
    assert library.stats().generation == 2


def test_a_reopened_library_gives_the_same_hits(tmp_path: Path) -> None:
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add(intake(f"a{n}", f"The ferry number {n} sank near {n % 7}.") for n in range(60)))
        library.remove(["a3", "a4"])
        before = library.search("ferry near 5", 20).hits
    with Library.open(tmp_path, WordEmbedder()) as library:
        assert library.search("ferry near 5", 20).hits == before
        assert library.check() == []


def test_another_process_may_not_write_but_may_read(tmp_path: Path) -> None:
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add([intake("a", "The ferry sank.")]))
        with pytest.raises(LibraryInUseError, match=str(os.getpid())):
            Library.open(tmp_path, WordEmbedder())
        with Library.open(tmp_path, WordEmbedder(), read_only=True) as reader:
            assert found(reader, "ferry") == ["a"]


def test_another_model_or_another_passage_size_is_refused(tmp_path: Path) -> None:
    Library.open(tmp_path, WordEmbedder()).close()
    other = WordEmbedder()
    other.fingerprint = "other"
    with pytest.raises(ModelMismatchError, match="embedder"):
        Library.open(tmp_path, other)
    with pytest.raises(ModelMismatchError, match="chunks"):
        Library.open(tmp_path, WordEmbedder(), chunks=ChunkSettings(budget=50))
    Library.open(tmp_path, WordEmbedder()).close()


def test_readers_see_whole_versions_while_a_writer_replaces_them(library: Library) -> None:
    versions = {f"Alpha {n}. " + f"Omega {n}. " * 40 for n in range(8)}
    list(library.add([intake("a", "Alpha 0. " + "Omega 0. " * 40)]))
    wrong: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            hits = library.search("alpha omega", 5).hits
            wrong.extend(hit.article.id for hit in hits if hit.article.text not in versions)
            wrong.extend(
                h.passage.text for h in hits if h.article.text[h.passage.start : h.passage.end] != h.passage.text
            )

    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in readers:
        thread.start()
    for n in range(1, 8):
        list(library.add([intake("a", f"Alpha {n}. " + f"Omega {n}. " * 40)]))
    done.set()
    for thread in readers:
        thread.join()
    assert wrong == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["add", "remove", "compact"]), st.integers(0, 3)), max_size=12
    )
)
def test_any_sequence_of_writes_leaves_what_a_dictionary_would_hold(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    model: dict[str, str] = {}
    folder = tmp_path_factory.mktemp("library")
    with Library.open(folder, WordEmbedder()) as library:
        for id, action, number in steps:
            if action == "add":
                model[id] = f"The word{number} of {id}."
                list(library.add([intake(id, model[id])]))
            elif action == "remove":
                library.remove([id])
                model.pop(id, None)
            else:
                library.compact()
    with Library.open(folder, WordEmbedder()) as library:
        assert {a.id: a.text for a in library.articles()} == model
        hits = library.search("word0 word1 word2 word3", 20, mode="dense").hits
        assert {hit.article.id: hit.passage.text for hit in hits} == model


def test_check_finds_an_article_that_is_not_what_was_stored(tmp_path: Path) -> None:
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add([intake("a", "The ferry sank.")]))
    tamper(tmp_path, "UPDATE article SET text = 'The ferry sang.'")
    with Library.open(tmp_path, WordEmbedder()) as library:
        assert library.check() == ["article 'a' is not what was stored; add it again"]


def test_the_command_line_says_what_became_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Ferry sinks off the pier\n\nThe ferry sank on Monday near the old pier.\n")
    (tmp_path / "empty.txt").write_text("")
    command = [sys.executable, "-m", "index", "add", str(tmp_path), "--data", str(tmp_path / ".lib"), "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=Path(__file__).parents[1], timeout=120, check=False
    )
    assert done.returncode == 1
    assert '"id": "good", "status": "added"' in done.stdout
    assert '"id": "empty", "status": "refused"' in done.stdout


def test_a_passage_with_the_words_outweighs_a_slightly_nearer_one() -> None:
    dense = {1: 0.50, 2: 0.49}
    assert [id for id, _ in fuse(dense, {2: 0.3})] == [2, 1]
    assert [id for id, _ in fuse(dense, {})] == [1, 2]


def test_each_candidate_is_weighed_by_both_sides(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    seas = ["North", "Irish", "Black", "Baltic", "Dead", "Red", "Celtic", "Coral"]
    list(library.add(intake(f"a{n}", f"{sea} ferry at pier {n}.") for n, sea in enumerate(seas)))
    monkeypatch.setattr("index.both_sides._CANDIDATES", 2)
    found = library.search("ferry pier 5", 3).hits
    vector = library.embedder.encode(["ferry pier 5"])[0]
    for hit in found:
        text = in_context(hit.article, hit.passage.start, hit.passage.end)
        assert hit.dense == pytest.approx(float(library.embedder.encode([text])[0] @ vector), abs=1e-5)
        assert hit.lexical is not None
        assert hit.score == pytest.approx(hit.dense + LEXICAL_WEIGHT * hit.lexical)
    assert found[0].article.id == "a5"
    near = library.search_vector("ferry pier 5", vector, 8, Filters(), reach=0.2).hits
    every = library.search("ferry pier 5", 8).hits
    assert near == tuple(hit for hit in every if hit.score > every[0].score - 0.2)
    assert 0 < len(near) < len(every)


def test_a_generation_is_told_once_all_of_it_is_found(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    list(library.add([intake("a", "The ferry sank.")]))
    during: list[tuple[int, int]] = []
    apply = library._vectors.apply

    def watched(*changes: Any) -> None:
        during.append((library.generation, library.stats().generation))
        apply(*changes)

    monkeypatch.setattr(library._vectors, "apply", watched)
    list(library.add([intake("b", "The ferry rose.")]))
    library.remove(["a"])
    assert during == [(1, 2), (2, 3)]
    assert library.generation == library.stats().generation == 3


def test_the_generation_is_known_again_when_it_is_opened(tmp_path: Path) -> None:
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add([intake("a", "The ferry sank.")]))
    with Library.open(tmp_path, WordEmbedder()) as library:
        assert library.generation == 1


def test_a_thread_that_read_leaves_no_open_file_behind(library: Library) -> None:
    list(library.add([intake("a", "The ferry sank.")]))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        thread = threading.Thread(target=library.stats)
        thread.start()
        thread.join()
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 3


def test_a_library_with_lists_keeps_its_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.kinds.EXACT_UNTIL", 30)
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(
            library.add(
                intake(f"a{n}", f"The ferry number {n} sank near {n % 7}.", source=f"s{n % 7}") for n in range(60)
            )
        )
        library.remove(["a3", "a4"])
        library.compact()
        before = library.search("ferry near 5", 20).hits
        only = library.search("ferry near 5", 20, Filters(article=("a8", "a3"))).hits
    assert [hit.article.id for hit in only] == ["a8"]
    assert not {"a3", "a4"} & {hit.article.id for hit in before}
    with Library.open(tmp_path, WordEmbedder()) as library:
        assert library.search("ferry near 5", 20).hits == before
        assert library.check() == []


def test_sizes_are_kept_by_every_write_and_checked_against_what_is_there(tmp_path: Path) -> None:
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add([intake("a", "One. " * 200), intake("b", "Two.")]))
        list(library.add([intake("a", "Three."), intake("c", "Four.")]))
        library.remove(["b", "nobody"])
        assert (library.stats().articles, library.stats().passages) == (2, 2)
        assert library.check() == []
    tamper(tmp_path, "UPDATE meta SET value = '7' WHERE key = 'articles'")
    with Library.open(tmp_path, WordEmbedder()) as library:
        assert library.check() == ["the database: 7 articles are told where there are 2"]


def test_a_library_of_before_sizes_were_kept_is_counted(tmp_path: Path) -> None:
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add([intake("a", "One."), intake("b", "Two.")]))
    tamper(tmp_path, "DELETE FROM meta WHERE key IN ('articles', 'passages')")
    for read_only in (True, False, True):
        with Library.open(tmp_path, WordEmbedder(), read_only=read_only) as library:
            assert (library.stats().articles, library.stats().passages) == (2, 2)
            assert library.check() == []


def test_the_command_line_shows_any_title_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "load_embedder", lambda _: WordEmbedder())
    article = {"id": "[/x] a:100:", "title": "[/r/news] talk [video]", "text": "It rained."}
    (tmp_path / "a.jsonl").write_text(json.dumps(article))
    for command in (["add", str(tmp_path / "a.jsonl")], ["list"], ["show", "[/x] a:100:"]):
        assert command_line.main([*command, "--data", str(tmp_path / "data")]) == 0
    shown = capsys.readouterr().out
    assert shown.count("[/r/news] talk [video]") >= 2
    assert shown.count("[/x] a:100:") == 3


def test_a_data_folder_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(RefusedError, match="can be no library"):
        Library.open(tmp_path / "data", WordEmbedder())
