"""What stands on disk: SIGKILL at any moment, damaged index files, a damaged database."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from index.errors import CorruptLibraryError
from index.library import Library
from index.store import FILE
from tests.fakes import WordEmbedder
from tests.test_index_library import intake

ROOT = Path(__file__).parents[1]
INGEST = textwrap.dedent("""
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    import index.packing  # now, not at the first article: the killer does not wait for imports
    from index.library import Library
    from tests.fakes import WordEmbedder
    from tests.test_index_library import intake
    with Library.open(Path(sys.argv[1]), WordEmbedder()) as library:
        print("open", flush=True)
        start = int(sys.argv[3])
        for n in range(start, start + 100_000):
            id, gone = f"a{n % 30}", f"a{(n - 5) % 30}"
            text = " ".join(f"Sentence {i} of article {n} stands here." for i in range(40))
            print(f"begin {id} {n}", flush=True)
            list(library.add([intake(id, f"Version {n}. " + text)]))
            print(f"done {id} {n}", flush=True)
            if n % 11 == 10:
                print(f"begin {gone} removed", flush=True)
                library.remove([gone])
                print(f"done {gone} removed", flush=True)
            if n % 17 == 16:
                library.compact()
""")


def killed_after(seconds: float, data: Path, start: int) -> list[str]:
    """Lets a writer open the library and work for a while, kills it, and returns the whole lines it had printed."""
    command = [sys.executable, "-c", INGEST, str(data), str(ROOT), str(start)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        said = [child.stdout.readline()]
        time.sleep(seconds)
        os.kill(child.pid, signal.SIGKILL)
        return [line.strip() for line in said + child.stdout.readlines() if line.endswith("\n")]


def test_sigkill_at_any_moment_loses_nothing_acknowledged_and_leaves_nothing_half(tmp_path: Path) -> None:
    rng = random.Random(5)
    expected: dict[str, str] = {}  # what was acknowledged
    start = 0
    for _ in range(24):
        pending: tuple[str, str] | None = None  # begun, not acknowledged: whole or absent
        for line in killed_after(rng.uniform(0.0, 0.25), tmp_path / "data", start):
            word, *rest = line.split()
            if word == "begin":
                pending = (rest[0], rest[1])
            elif word == "done":
                expected[rest[0]] = rest[1]
                pending = None
                start += rest[1].isdigit()
        with Library.open(tmp_path / "data", WordEmbedder()) as library:
            assert library.check() == []
            articles = library.articles()
            hits = library.search("sentence article stands", 50).hits
        assert all(article.text.count("Sentence") == 40 for article in articles)
        assert all(h.article.text[h.passage.start : h.passage.end] == h.passage.text for h in hits)
        assert {h.article.id for h in hits} <= {a.id for a in articles}
        stored = {a.id: a.text.split(".")[0].removeprefix("Version ") for a in articles}
        assert bool(hits) == bool(stored)
        if pending is not None and stored.get(pending[0], "removed") == pending[1]:
            expected[pending[0]] = pending[1]
        assert stored == {id: version for id, version in expected.items() if version != "removed"}
        start += 1
    assert len(expected) == 30


def damage(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    if how == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif how == "flipped bit":
        data[len(data) // 2] ^= 16
        path.write_bytes(data)
    elif how == "trailing bytes":
        path.write_bytes(bytes(data) + b"tail")
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["truncated", "flipped bit", "trailing bytes", "missing"])
@pytest.mark.parametrize("name", ["gen-*.faiss", "MANIFEST.json"])
def test_a_damaged_index_file_is_set_aside_and_rebuilt_with_the_same_answers(
    tmp_path: Path, how: str, name: str
) -> None:
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add(intake(f"a{n}", f"The ferry number {n} sank near {n % 7}.") for n in range(40)))
        before = library.search("ferry near 5", 20).hits
    (file,) = (tmp_path / "index").glob(name)
    damage(file, how)
    with Library.open(tmp_path, WordEmbedder()) as library:
        assert library.search("ferry near 5", 20).hits == before
        expected = not (name == "MANIFEST.json" and how == "missing")  # no manifest: nothing was published
        assert bool(library.set_aside) == expected or name == "MANIFEST.json"
        assert library.check() == []
    with Library.open(tmp_path, WordEmbedder()) as library:
        assert library.set_aside == ()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "LOCK"}


@pytest.mark.parametrize("how", ["garbage", "truncated", "header", "middle pages", "empty", "missing"])
def test_a_damaged_database_is_refused_and_left_untouched(tmp_path: Path, how: str) -> None:
    with Library.open(tmp_path, WordEmbedder()) as library:
        list(library.add(intake(f"a{n}", f"The ferry number {n} sank. " * 30) for n in range(40)))
    path = tmp_path / FILE
    data = bytearray(path.read_bytes())
    if how == "missing":
        path.unlink()
    else:
        if how == "garbage":
            data = bytearray(b"not a database at all, " * 400)
        elif how == "truncated":
            del data[len(data) // 2 :]
        elif how == "header":
            data[:16] = b"SQLite format 4\0"
        elif how == "middle pages":
            data[4096 * 2 : 4096 * 6] = b"\xff" * 4096 * 4
        else:
            data.clear()
        path.write_bytes(data)
    before = contents(tmp_path)
    with pytest.raises(CorruptLibraryError, match=FILE):
        Library.open(tmp_path, WordEmbedder())
    after = contents(tmp_path)
    assert after.get(FILE) == before.get(FILE)
    assert {name for name in after if not name.endswith(("-shm", "-wal"))} == set(before)
