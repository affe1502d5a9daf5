"""A full disk: what was kept stays, what is new is refused in plain words, and room again is all it takes."""

import logging
import shutil
from pathlib import Path
from types import SimpleNamespace

import apsw
import faiss
import pytest

import index.__main__
import index.store
from index.errors import DiskFullError
from index.library import Library
from rag.feedback import FeedbackFullError, append
from tests.api_client import assert_problem, put, serving
from tests.fakes import WordEmbedder
from tests.test_index_library import intake


def test_what_does_not_fit_is_refused_whole_and_taken_when_there_is_room(tmp_path: Path) -> None:
    large = [intake(f"b{n}", f"Text {n}. " + "A long line of words. " * 400) for n in range(20)]
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add([intake("a", "The ferry sank.")]))
        writer = library._store._writer
        writer.execute(f"PRAGMA max_page_count = {writer.execute('PRAGMA page_count').get + 4}")
        with pytest.raises(DiskFullError):
            list(library.add(large))
        assert [article.id for article in library.all_articles()] == ["a"]
        assert library.search("ferry", 1).hits[0].article.id == "a"
        writer.execute("PRAGMA max_page_count = 4294967294")
        assert {outcome.status for outcome in library.add(large)} == {"added"}
        assert library.check() == []


@pytest.mark.parametrize(("free", "told"), [(4096, DiskFullError), (1 << 30, apsw.IOError)])
def test_a_file_that_cannot_grow_has_met_a_full_disk_only_where_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, told: type[Exception]
) -> None:
    def broken(*_: object) -> None:
        raise apsw.IOError("disk I/O error")

    monkeypatch.setattr(index.store, "_insert", broken)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    with Library.open(tmp_path, WordEmbedder()) as library, pytest.raises(told):
        list(library.add([intake("a", "The ferry sank.")]))


def _no_room(_: object, path: str) -> None:
    Path(path).write_bytes(b"half")
    raise RuntimeError(f"Error in write_index: write error in {path}: 4 != 8 (No space left on device)")


def test_vectors_that_cannot_be_written_are_made_again_of_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add([intake("a", "The ferry sank.")]))
    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(faiss, "write_index", _no_room)
        with Library.open(tmp_path, WordEmbedder()) as library:
            list(library.add([intake("b", "The lido opened.")]))
            assert not library.compact()
            assert not library.compact()
    assert "No space left on device" in caplog.text
    assert sorted(file.name for file in (tmp_path / "index").iterdir()) == ["MANIFEST.json", "gen-1.faiss"]
    with Library.open(tmp_path, WordEmbedder()) as library:
        assert library.set_aside == ()
        assert [library.search(word, 1).hits[0].article.id for word in ("ferry", "lido")] == ["a", "b"]
        assert library.compact()
        assert library.compact()
    assert (tmp_path / "index" / "gen-2.faiss").exists()


def test_the_command_line_says_that_vectors_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(index.__main__, "load_embedder", lambda _: WordEmbedder())
    with monkeypatch.context() as patched:
        patched.setattr(faiss, "write_index", _no_room)
        with Library.open(tmp_path, WordEmbedder()) as library:
            list(library.add([intake("a", "The ferry sank.")]))
        assert index.__main__.main(["compact", "--data", str(tmp_path)]) == 1
    assert index.__main__.main(["compact", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        "the vectors could not be written; each start makes them again of the database\npublished 1 passages\n"
    )


def test_the_service_says_so_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise apsw.FullError("database or disk is full")

    with serving(tmp_path) as client:
        put(client, "a", "The ferry sank.")
        with monkeypatch.context() as patched:
            patched.setattr(index.store, "_insert", full)
            assert_problem(client.put("/v1/articles/b", json={"text": "The lido opened."}), 507, "disk_full")
        assert [article["id"] for article in client.get("/v1/articles").json()["articles"]] == ["a"]
        put(client, "b", "The lido opened.")


def test_feedback_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedbackFullError, match="No such file"):
        append(tmp_path / "gone", {"rating": "up"})
