"""Starting: loading in the background, refusing with a sentence, and what the command line understands."""

import builtins
import os
import re
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import api.__main__
import rag.load
from api.app import create_app
from api.settings import Settings, SettingsError
from index.errors import LibraryInUseError, ModelMismatchError
from index.library import Library
from rag.answer import Answerer
from rag.confidence import Confidence
from tests.api_client import assert_problem
from tests.fakes import CapitalReader, WordEmbedder

TEXT = "The old ferry sank near Morlo on a cold day."


def opening(monkeypatch: pytest.MonkeyPatch, wait: Callable[[], object] = lambda: None) -> None:
    """Makes the service load the fakes, after `wait`."""

    def open_answerer(data: Path, *, embedder: Path | None = None) -> Answerer:
        wait()
        return Answerer(Library.open(data, WordEmbedder()), CapitalReader(), Confidence.plain())

    monkeypatch.setattr(rag.load, "open_answerer", open_answerer)


def test_while_it_loads_it_lives_and_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    opening(monkeypatch, go.wait)
    app = create_app(Settings(tmp_path))
    with TestClient(app, "http://localhost") as client:
        try:
            assert client.get("/livez").json() == {"status": "alive"}
            assert client.get("/").status_code == 200
            for response in (
                client.get("/readyz"),
                client.post("/v1/ask", json={"question": "why?"}),
                client.get("/v1/ask?q=why"),
                client.get("/v1/articles"),
                client.get("/v1/articles/a"),
                client.put("/v1/articles/a", json={"text": TEXT}),
                client.delete("/v1/articles/a"),
                client.get("/v1/info"),
                client.get("/articles/a"),
            ):
                assert "loading" in assert_problem(response, 503, "not_ready")["detail"]
                assert response.headers["retry-after"] == "2"
        finally:
            go.set()
        app.state.service.loaded.result(timeout=30)
        assert client.get("/readyz").json() == {"status": "ready"}
        assert client.get("/v1/articles").status_code == 200


def test_files_named_at_the_start_are_there_when_it_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opening(monkeypatch)
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ferry.txt").write_text(TEXT)
    (folder / "noise.txt").write_bytes(b"\x00\x01\x02\xff" * 100)
    app = create_app(Settings(tmp_path / "data", ingest=(folder,)))
    with TestClient(app, "http://localhost") as client:
        app.state.service.loaded.result(timeout=30)
        assert [article["id"] for article in client.get("/v1/articles").json()["articles"]] == ["ferry"]


def test_the_library_is_let_go_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opening(monkeypatch)
    for _ in range(2):
        app = create_app(Settings(tmp_path))
        with TestClient(app, "http://localhost"):
            app.state.service.loaded.result(timeout=30)


def test_a_load_that_fails_is_told_without_its_particulars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: Path, *, embedder: Path | None = None) -> Answerer:
        raise ModelMismatchError(f"weights in {data} are not what they should be")

    monkeypatch.setattr(rag.load, "open_answerer", fail)
    app = create_app(Settings(tmp_path))
    with TestClient(app, "http://localhost") as client:
        assert isinstance(app.state.service.loaded.exception(timeout=30), ModelMismatchError)
        response = client.get("/readyz")
        assert "models do not fit" in assert_problem(response, 503, "not_ready")["detail"]
        assert str(tmp_path) not in response.text
        assert client.get("/livez").status_code == 200


def test_info_says_what_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opening(monkeypatch)
    app = create_app(Settings(tmp_path))
    with TestClient(app, "http://localhost") as client:
        app.state.service.loaded.result(timeout=30)
        body = client.get("/v1/info").json()
    assert (body["name"], body["models"]) == ("quoteline", {"embedder": "words", "reader": "capitals"})
    assert body["limits"] == {
        **{"question": 1000, "article": 10_000_000, "top_k": 10, "page": 200},
        **{"ask_body": 65_536, "article_body": 10_485_760, "bulk_body": 268_435_456},
    }


def test_options_go_before_the_environment() -> None:
    environ = {"QUOTELINE_DATA": "/d", "QUOTELINE_PORT": "9", "QUOTELINE_HOST": "::1", "QUOTELINE_INSECURE": "0"}
    assert Settings.read([], {}) == Settings(Path(".quoteline"))
    assert Settings.read([], environ) == Settings(Path("/d"), "::1", 9)
    assert Settings.read(["--port", "10", "--ingest", "a", "b"], environ) == Settings(
        Path("/d"), "::1", 10, ingest=(Path("a"), Path("b"))
    )


def test_a_clients_key_is_not_taken_for_a_file_of_keys(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        Settings.read(["--key", "pk_x"], {})
    assert "unrecognized arguments: --key" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example.org", ""])
def test_listening_beyond_this_machine_must_be_meant(host: str) -> None:
    with pytest.raises(SettingsError, match="--insecure"):
        Settings.read(["--host", host], {})
    assert Settings.read(["--host", host, "--insecure"], {}).host == host
    assert Settings.read(["--host", host], {"QUOTELINE_INSECURE": "1"}).insecure


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_loopback_needs_no_permission(host: str) -> None:
    assert Settings.read(["--host", host], {}).host == host


@pytest.mark.parametrize("port", ["-1", "65536", "x", "٣", "1e3", ""])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match="no port"):
        Settings.read([f"--port={port}"], {})


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "soon", ""])
@pytest.mark.parametrize("name", ["rate", "wait", "deadline"])
def test_a_number_that_is_none_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is '{value}'; give a number"):
        Settings.read([f"--{name}={value}"], {})


def test_no_limit_is_a_rate_of_0_but_a_deadline_of_0_would_answer_nothing() -> None:
    assert Settings.read(["--rate=0", "--wait=0"], {}).rate == 0
    with pytest.raises(SettingsError, match="above 0"):
        Settings.read(["--deadline=0"], {})


def test_a_flag_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(SettingsError, match="QUOTELINE_INSECURE is 'perhaps'"):
        Settings.read([], {"QUOTELINE_INSECURE": "perhaps"})


def run(monkeypatch: pytest.MonkeyPatch, *argv: str) -> int:
    """`python -m api` in this process; leaves the signal handlers as they were."""
    monkeypatch.setattr("sys.argv", ["api", *argv])
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return api.__main__.main()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def test_a_port_in_use_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(monkeypatch, "--data", str(tmp_path), "--port", str(port)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"quoteline: cannot listen on 127.0.0.1:{port}")


def test_a_library_in_use_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(data: Path, *, embedder: Path | None = None) -> Answerer:
        raise LibraryInUseError("the library is being written by process 1")

    monkeypatch.setattr(rag.load, "open_answerer", fail)
    assert run(monkeypatch, "--data", str(tmp_path), "--port", "0") == 1
    assert capsys.readouterr() == ("", "")
    assert caplog.messages == ["cannot load: the library is being written by process 1"]


def test_the_address_is_printed_when_it_is_ready_and_a_signal_ends_it_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opening(monkeypatch)
    printed = builtins.print

    def print_and_stop(*words: object, **options: Any) -> None:
        printed(*words, **options)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(api.__main__, "print", print_and_stop, raising=False)
    with pytest.raises(SystemExit) as stopped:
        run(monkeypatch, "--data", str(tmp_path), "--port", "0")
    assert stopped.value.code == 0
    assert re.fullmatch(r"Quoteline is ready at http://127\.0\.0\.1:\d+/ \(0 articles\)\n", capsys.readouterr().out)
    with Library.open(tmp_path, WordEmbedder()):
        pass
