"""Which files are found, in which order, under which ids."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from index.files import walk
from index.types import Outcome

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("words")
        return tmp_path

    return make


def ids(*paths: Path) -> list[str]:
    return [found[0] for found in walk(paths) if isinstance(found, tuple)]


def refused(*paths: Path) -> list[Outcome]:
    return [found for found in walk(paths) if isinstance(found, Outcome)]


def test_files_come_in_sorted_order_named_without_their_endings(tree: Tree) -> None:
    assert ids(tree("b.md", "a/z.txt", "a/y.html", "c", "v1.2")) == ["y", "z", "b", "c", "v1.2"]


def test_each_id_comes_with_its_path(tree: Tree) -> None:
    root = tree("a/z.txt")
    assert list(walk([root])) == [("z", root / "a" / "z.txt")]


def test_files_with_the_same_name_get_their_paths(tree: Tree) -> None:
    assert ids(tree("2020/moon.txt", "2021/moon.txt", "moon.md", "sun.txt")) == [
        "2020/moon",
        "2021/moon",
        "moon",
        "sun",
    ]


def test_files_that_differ_in_their_ending_only_keep_it(tree: Tree) -> None:
    assert ids(tree("moon.md", "moon.txt")) == ["moon.md", "moon.txt"]


def test_no_two_files_share_an_id(tree: Tree) -> None:
    assert len(set(ids(tree("moon.md", "moon.txt", "moon.txt.md", "a/moon.txt", "a/moon.md", "a.md")))) == 6


def test_files_below_two_given_folders_get_their_paths_as_given(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree("a/moon.txt", "b/moon.txt"))
    assert ids(Path("a"), Path("b")) == ["a/moon", "b/moon"]


def test_hidden_and_temporary_files_are_passed_over(tree: Tree) -> None:
    root = tree(".hidden.txt", ".git/config", "a.txt~", "#a.txt#", "~$a.txt", "b.tmp", "c.swp", "d.part", "kept.txt")
    assert ids(root) == ["kept"]


def test_a_hidden_file_given_by_name_is_taken(tree: Tree) -> None:
    assert ids(tree(".hidden.txt") / ".hidden.txt") == [".hidden"]


def test_a_file_given_twice_comes_once(tree: Tree) -> None:
    root = tree("a/moon.txt")
    assert ids(root, root / "a", root / "a" / "moon.txt", root / "a" / ".." / "a" / "moon.txt") == ["moon"]


def test_a_loop_of_folders_is_walked_once(tree: Tree) -> None:
    root = tree("a/moon.txt", "b/sun.txt")
    (root / "a" / "up").symlink_to(root)
    (root / "b" / "again").symlink_to(root / "a")
    assert ids(root) == ["moon", "sun"]


def test_a_link_to_itself_or_to_nothing_is_refused(tree: Tree) -> None:
    root = tree("moon.txt")
    (root / "loop").symlink_to("loop")
    (root / "gone.txt").symlink_to("nowhere")
    assert ids(root) == ["moon"]
    reasons = {Path(outcome.id).name: outcome.reason or "" for outcome in refused(root)}
    assert "symbolic links" in reasons["loop"]
    assert "No such file" in reasons["gone.txt"]


def test_a_missing_path_is_refused_and_the_others_go_on(tree: Tree) -> None:
    root = tree("moon.txt")
    found = list(walk([root / "none", root]))
    assert isinstance(found[0], Outcome)
    assert (found[0].id, found[0].status) == ((root / "none").as_posix(), "refused")
    assert found[1] == ("moon", root / "moon.txt")


def test_pipes_and_sockets_are_refused_and_never_opened(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree("moon.txt")
    os.mkfifo(root / "pipe")
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("plug")
        assert [Path(outcome.id).name for outcome in refused(root)] == ["pipe", "plug"]
    assert all("no regular file" in (outcome.reason or "") for outcome in refused(root))


def test_an_unreadable_folder_is_refused(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree("a/moon.txt", "b/sun.txt")
    listed = Path.iterdir

    def deny(self: Path) -> object:
        if self.name == "a":
            raise PermissionError(13, "Permission denied")
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", deny)
    assert ids(root) == ["sun"]
    assert "Permission denied" in (refused(root)[0].reason or "")


def test_a_name_that_is_no_unicode_still_gets_a_printable_id(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("words")
    assert ids(tmp_path) == ["caf\ufffd"]


def test_names_that_are_no_unicode_and_look_alike_are_all_read(tmp_path: Path) -> None:
    for name in (b"caf\xe9.txt", b"caf\xe8.txt"):
        (tmp_path / os.fsdecode(name)).write_text("words")
    assert ids(tmp_path) == ["caf\\xe8.txt", "caf\\xe9.txt"]
