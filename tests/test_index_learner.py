"""Learning a large library's lists holds up no write, is given up at once, and loses nothing."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from index import kinds
from index.library import Library
from index.types import Article, Intake, content_hash
from tests.fakes import WordEmbedder
from tests.machine import Share

FEW = 30  # the switch, lowered
LEARN = kinds.inverted
Learning = tuple[threading.Event, threading.Event]


def intakes(first: int, last: int) -> list[Intake]:
    texts = ((f"a{n}", f"The ferry number {n} sank near {n % 7}.") for n in range(first, last))
    articles = (Article(id, "", text, None, None, None, "en", sha256="") for id, text in texts)
    return [Intake(replace(article, sha256=content_hash(article))) for article in articles]


def found(library: Library) -> set[str]:
    return {hit.article.id for hit in library.search("ferry", 200, mode="dense").hits}


def ids(first: int, last: int) -> set[str]:
    return {f"a{n}" for n in range(first, last)}


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> Learning:
    """Learning sets the first event, then waits for the second; between its steps it may be told to end."""
    begun, go_on = threading.Event(), threading.Event()

    def slowly(*args: object) -> object:
        begun.set()
        while not go_on.wait(0.01):
            args[-1]()  # type: ignore[operator]
        return LEARN(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("index.kinds.EXACT_UNTIL", FEW)
    monkeypatch.setattr("index.kinds.inverted", slowly)
    return begun, go_on


def is_inverted(library: Library) -> bool:
    return kinds.is_inverted(library._vectors._state.base)


def outgrow(library: Library, count: int, begun: threading.Event) -> None:
    """Adds so many articles that lists begin to be learned."""
    list(library.add(intakes(0, count)))
    assert begun.wait(60)


def soon(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_writes_go_on_while_lists_are_learned(tmp_path: Path, learning: Learning) -> None:
    begun, go_on = learning
    with Library.open(tmp_path, WordEmbedder()) as library:
        outgrow(library, FEW + 10, begun)
        list(library.add(intakes(FEW + 10, FEW + 20)))
        library.remove(["a3", f"a{FEW + 12}"])
        expected = ids(0, FEW + 20) - {"a3", f"a{FEW + 12}"}
        assert found(library) == expected
        assert not is_inverted(library)
        go_on.set()
        soon(lambda: is_inverted(library))
        assert found(library) == expected
        assert library.check() == []


def test_closing_gives_up_and_the_next_opening_begins_again(tmp_path: Path, learning: Learning) -> None:
    begun, go_on = learning
    with Library.open(tmp_path, WordEmbedder()) as library:
        outgrow(library, FEW + 10, begun)
        share, started = Share(), time.monotonic()
    assert time.monotonic() - started < share.stretched(5)
    begun.clear()
    with Library.open(tmp_path, WordEmbedder(), read_only=True) as library:
        assert found(library) == ids(0, FEW + 10)
        assert not begun.is_set()
    with Library.open(tmp_path, WordEmbedder()) as library:
        assert begun.wait(60)
        go_on.set()
        soon(lambda: is_inverted(library))
        assert found(library) == ids(0, FEW + 10)


def test_a_library_that_doubles_meanwhile_learns_again(tmp_path: Path, learning: Learning) -> None:
    begun, go_on = learning
    with Library.open(tmp_path, WordEmbedder()) as library:
        outgrow(library, FEW + 1, begun)
        list(library.add(intakes(FEW + 1, 3 * FEW)))
        go_on.set()
        soon(lambda: not library._vectors.outgrown)
        assert library._vectors._state.trained == 3 * FEW
        assert found(library) == ids(0, 3 * FEW)
