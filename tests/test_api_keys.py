"""Keys, scopes, origins and rates: every route against every kind of caller."""

import hmac
import itertools
import json
import logging
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from api import keys, limits
from api.app import create_app
from api.guard import needed
from api.keys import Keys, KeysError, Scope
from api.keys_command import keys_command
from api.limits import Buckets
from api.settings import Settings, SettingsError
from tests.api_client import ask, assert_problem, put, serving
from tests.api_server import listening, talk

TEXT = "The old ferry sank near Morlo on a cold day."
PAGE = "https://courier.example"
OPEN = {
    *("/openapi.json", "/livez", "/readyz", "/", "/widget/quoteline.js"),
    *("/static", "/static/{path:path}"),
}
ROUTES = sorted(
    {
        (method, str(route.path), needs)
        for route in iter_route_contexts(create_app(Settings(Path())).routes)
        if (needs := needed(route.original_route)) is not None
        for method in route.methods or ()
    }
)


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, str]:
    """Scope names and the secret of a key of each, in keys.json; "revoked" was one."""
    path = tmp_path / "keys.json"
    made = {
        scope.name: keys.add(path, scope.name.lower(), scope, [PAGE] if scope is Scope.PUBLIC else [])
        for scope in Scope
    }
    made["revoked"] = keys.add(path, "old", Scope.ADMIN)
    keys.revoke(path, "old")
    return made


@pytest.fixture
def client(tmp_path: Path, secrets: dict[str, str]) -> Iterator[TestClient]:
    with serving(tmp_path / "data", keys=tmp_path / "keys.json") as client:
        assert client.put("/v1/articles/a", json={"text": TEXT}, headers=bearer(secrets["INGEST"])).status_code == 201
        yield client


def bearer(secret: str | bytes) -> dict[str, bytes]:
    return {"Authorization": b"Bearer " + (secret.encode() if isinstance(secret, str) else secret)}


def test_every_route_is_guarded_or_meant_to_be_open() -> None:
    paths = {str(route.path) for route in iter_route_contexts(create_app(Settings(Path())).routes)}
    assert paths - {path for _, path, _ in ROUTES} <= OPEN
    assert len(ROUTES) >= 8


@pytest.mark.parametrize(("method", "path", "needs"), ROUTES)
def test_a_route_takes_only_a_key_that_is_good_for_it(
    client: TestClient, secrets: dict[str, str], method: str, path: str, needs: Scope
) -> None:
    address = path.replace("{id:path}", "a")
    good = secrets[needs.name]
    for headers in (
        {},
        bearer("wrong"),
        bearer(""),
        bearer(good[:-1]),
        bearer(good + "x"),
        bearer(secrets["revoked"]),
        bearer("schlüssel".encode()),
        bearer("schlüssel".encode("latin-1")),
        bearer(b"\xff\xfe"),
        {"Authorization": good.encode()},
        {"Authorization": b"Basic " + good.encode()},
        {"X-Api-Key": good.encode()},
    ):
        response = client.request(method, address, headers=headers)
        assert_problem(response, 401, "key_needed")
        assert response.headers["www-authenticate"].startswith("Bearer")
        assert good not in response.text
    for scope in Scope:
        headers = {**bearer(secrets[scope.name]), "Origin": PAGE.encode()}
        response = client.request(method, address, headers=headers)
        if scope < needs:
            assert_problem(response, 403, "key_scope")
        else:
            assert response.status_code not in (401, 403)


def test_two_keys_at_once_are_none(client: TestClient, secrets: dict[str, str]) -> None:
    pair = ("Authorization", f"Bearer {secrets['ADMIN']}")
    assert_problem(client.get("/v1/articles", headers=[pair, pair]), 401, "key_needed")


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/articles/../articles/a", "/v1/./articles/a", "//v1/articles/a", "/V1/articles/a", "/v1/articles/a/"),
        *("/v1/articles%2fa", "/%76%31/articles/a", "/static/../v1/articles/a", "/static/%2e%2e/v1/articles/a"),
        *("/v1/articles/a;x", "/v1/articles/a%00", "/v1/articles/a?key=x", "/livez/../v1/articles/a", "/articles//a"),
    ],
)
def test_no_spelling_of_an_address_leads_around_the_guard(client: TestClient, path: str) -> None:
    for method in ("GET", "PUT", "DELETE", "POST", "PATCH", "HEAD", "OPTIONS"):
        response = client.request(method, path)
        assert response.status_code in (401, 404, 405)
        assert TEXT not in response.text


@pytest.mark.parametrize(
    "sent",
    [
        *("/v1/articles/a", "//v1/articles/a", "/static/../v1/articles/a", "/v1/articles/a#x", "/v1\\articles\\a", "*"),
        *("http://x/v1/articles/a", "http://x@y/v1/articles/a", "/v1/articles/a%0d%0aAuthorization:%20Bearer%20x"),
        *("/ HTTP/1.1\r\nX-Original-URL: /v1/articles/a\r\nX-Rewrite-URL: /v1/articles/a\r\nX:",),
        *("/v1/articles/a HTTP/1.1\r\nX-Forwarded-For: 127.0.0.1\r\nX-HTTP-Method-Override: GET\r\nX:",),
        *("/v1/articles/a HTTP/1.1\r\nAuthorization: Bearer\r\nX:", "/v1/articles/a HTTP/0.9\r\nX:"),
    ],
)
def test_nothing_on_the_wire_leads_around_the_guard(tmp_path: Path, secrets: dict[str, str], sent: str) -> None:
    with listening(tmp_path / "data", keys=tmp_path / "keys.json") as service:
        url = "http://{}:{}/v1/articles/a".format(*service.address)
        assert httpx2.put(url, json={"text": TEXT}, headers=bearer(secrets["INGEST"])).status_code == 201
        head = f"GET {sent} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = talk(service.address, [head.encode()])
        assert TEXT.encode() not in answer
        assert int(answer.split()[1]) in (200, 400, 401, 404, 405)
        assert httpx2.get(url, headers=bearer(secrets["ASK"])).json()["text"] == TEXT


def test_the_link_of_a_citation_opens_its_article_and_no_other(client: TestClient, secrets: dict[str, str]) -> None:
    client.put("/v1/articles/b", json={"text": TEXT}, headers=bearer(secrets["INGEST"]))
    headers = {**bearer(secrets["PUBLIC"]), "Origin": PAGE.encode()}
    ask = {"question": "Where did the old ferry sink?", "filters": {"article": ["a"]}, "min_confidence": 0}
    link = client.post("/v1/ask", json=ask, headers=headers).json()["answer"]["citations"][0]["links"]["view"]
    page = client.get(link)
    assert page.status_code == 200
    assert "<mark" in page.text
    assert "/v1/articles/a" not in page.text  # a browser could not open it without a key
    for other in (
        link.replace("/a?", "/b?"),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        re.sub("signature=.*", "signature=", link),
        re.sub("signature=.*", "signature=%C3%A9", link),
        link.replace("/articles/", "/v1/articles/"),
    ):
        assert_problem(client.get(other), 401, "key_needed")


def test_a_file_without_a_secret_for_links_signs_none_until_the_next_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"keys": []}')
    held = Keys(path)
    assert held.sign("a") is None
    assert not held.is_signed("a", "")
    keys.add(path, "reader", Scope.ASK)
    signature = held.sign("a")
    assert signature is not None
    assert held.is_signed("a", signature)
    keys.revoke(path, "reader")
    assert held.sign("a") == signature


def test_a_body_is_not_read_before_the_key(client: TestClient) -> None:
    response = client.put("/v1/articles/a", content=b"{", headers={"content-length": "99999999999"})
    assert_problem(response, 401, "key_needed")


def test_a_key_is_valid_until_it_is_revoked(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    secret = keys.add(path, "new", Scope.ASK)
    assert client.get("/v1/articles", headers=bearer(secret)).status_code == 200
    keys.revoke(path, "new")
    assert client.get("/v1/articles", headers=bearer(secret)).status_code == 401


def test_a_broken_keys_file_leaves_the_keys_of_before(
    client: TestClient, secrets: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "keys.json").write_text("{")
    assert client.get("/v1/articles", headers=bearer(secrets["ASK"])).status_code == 200
    assert client.get("/v1/articles", headers=bearer("x")).status_code == 401


def test_every_key_is_compared_in_constant_time(
    secrets: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def compare(one: str, other: str) -> bool:
        compared.append(len(one) == len(other) == 64)
        return hmac.compare_digest(one, other)

    held = Keys(tmp_path / "keys.json")
    monkeypatch.setattr("api.keys.hmac", SimpleNamespace(compare_digest=compare))
    for secret in (secrets["PUBLIC"], secrets["ADMIN"], "wrong"):
        compared.clear()
        held.find(secret.encode())
        assert compared == [True] * len(Scope)


def test_a_key_is_kept_only_as_its_hash_and_in_a_file_of_its_owner(secrets: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    kept = path.read_text()
    assert not [secret for secret in secrets.values() if secret in kept]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_key_stands_in_a_log(
    client: TestClient, secrets: dict[str, str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        for secret in [*secrets.values(), "wrong-secret"]:
            client.get("/v1/articles", headers=bearer(secret))
            client.post("/v1/ask", json={"question": 5}, headers=bearer(secret))
    written = caplog.text + str(capfd.readouterr())
    assert not [secret for secret in [*secrets.values(), "wrong-secret"] if secret in written]


def test_a_public_key_asks_from_its_own_pages_alone(client: TestClient, secrets: dict[str, str]) -> None:
    for origin, status in ((PAGE, 200), ("https://other.example", 403), ("null", 403), (None, 403)):
        headers = {**bearer(secrets["PUBLIC"]), **({"Origin": origin} if origin else {})}
        assert client.post("/v1/ask", json={"question": "why?"}, headers=headers).status_code == status


def test_a_listed_page_may_call_and_no_other(client: TestClient) -> None:
    ask_first = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for origin, allowed in ((PAGE, PAGE), ("https://other.example", None), ("null", None), (f"{PAGE}.evil", None)):
        preflight = client.options("/v1/ask", headers={"Origin": origin, **ask_first})
        answer = client.post("/v1/ask", json={}, headers={"Origin": origin})
        assert preflight.status_code == 204
        for response in (preflight, answer):
            assert response.headers.get("access-control-allow-origin") == allowed
            assert "access-control-allow-credentials" not in response.headers
            assert "Origin" in response.headers["vary"]


def test_without_keys_a_foreign_page_can_write_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, origins=frozenset({PAGE})) as client:
        for origin, status in (("https://evil.example", 403), ("null", 403), (PAGE, 201), ("http://localhost", 200)):
            response = client.put("/v1/articles/a", json={"text": TEXT}, headers={"Origin": origin})
            assert response.status_code == status
        assert_problem(client.delete("/v1/articles/a", headers={"Origin": "null"}), 403, "origin_not_listed")


def test_a_client_that_asks_too_often_is_told_when_to_come_back(tmp_path: Path, secrets: dict[str, str]) -> None:
    with serving(tmp_path / "data", keys=tmp_path / "keys.json", rate=1) as client:
        statuses = [client.get("/v1/articles", headers=bearer(secrets["ASK"])) for _ in range(3)]
        assert [response.status_code for response in statuses] == [200, 200, 429]
        assert_problem(statuses[-1], 429, "too_many_requests")
        assert statuses[-1].headers["retry-after"] == "1"
        assert client.get("/v1/articles", headers=bearer(secrets["ADMIN"])).status_code == 200
        assert client.get("/livez").status_code == 200


def test_a_rate_below_one_half_still_passes_the_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    buckets = Buckets(0.1)
    assert [buckets.take("a") for _ in range(2)] == [None, 10]


def test_a_bucket_fills_again_and_forgets_old_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    now = itertools.chain([0.0] * 5, [0.5] * 2, itertools.repeat(0.5))
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    monkeypatch.setattr(limits, "_CLIENTS", 2)
    buckets = Buckets(2)
    assert [buckets.take("a") for _ in range(7)] == [None, None, None, None, 1, None, 1]
    buckets.take("b")
    buckets.take("c")
    assert buckets.take("a") is None
    assert [Buckets(0).take("a") for _ in range(9)] == [None] * 9


def test_keys_are_made_listed_and_revoked_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"QUOTELINE_KEYS": str(tmp_path / "keys.json")}
    assert keys_command(["add", "page", "--scope", "public", "--origin", PAGE], environ) == 0
    secret = capsys.readouterr().out.strip()
    found = Keys(tmp_path / "keys.json").find(secret.encode())
    assert found is not None
    assert (found.name, found.scope, found.origins) == ("page", Scope.PUBLIC, (PAGE,))
    assert keys_command(["list"], environ) == 0
    assert capsys.readouterr().out == f"page\tpublic\t{PAGE}\n"
    assert keys_command(["revoke", "page"], environ) == 0
    for wish in (
        ["revoke", "page"],
        ["add", "x", "--scope", "public"],
        ["add", "x", "--scope", "ask", "--origin", "x"],
    ):
        assert keys_command(wish, environ) == 1
        assert capsys.readouterr().err.startswith("quoteline: ")


@pytest.mark.parametrize("content", ["", "[]", '{"keys": [{}]}', '{"keys": [{"name": "x", "scope": "root"}]}'])
def test_a_keys_file_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(KeysError, match="cannot be read as keys"):
        keys.read(path)
    with pytest.raises(SettingsError, match="keys file"):
        Settings.read(["--keys", str(path)], {})


def test_listening_beyond_this_machine_takes_keys(tmp_path: Path, secrets: dict[str, str]) -> None:
    empty = tmp_path / "none.json"
    empty.write_text(json.dumps({"keys": []}))
    for path in (empty, tmp_path / "absent.json"):
        with pytest.raises(SettingsError, match="has no keys"):
            Settings.read(["--host", "0.0.0.0", "--keys", str(path)], {})
    assert Settings.read(["--host", "0.0.0.0", "--keys", str(tmp_path / "keys.json")], {}).host == "0.0.0.0"


@pytest.mark.parametrize("host", ["evil.example:8000", "evil.example", "localhost.evil.example", "[::1", ""])
def test_a_page_whose_name_suddenly_leads_here_is_refused(tmp_path: Path, host: str) -> None:
    rebound = {"host": host, "origin": f"http://{host}"}
    with serving(tmp_path) as client:
        for method, path in (("PUT", "/v1/articles/x"), ("GET", "/v1/articles"), ("DELETE", "/v1/articles/x")):
            response = client.request(method, path, headers=rebound)
            assert_problem(response, 403, "origin_not_listed")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "answers.example.org"])
def test_a_service_without_keys_is_called_by_its_own_names(tmp_path: Path, host: str) -> None:
    with serving(tmp_path, origins=frozenset(["https://answers.example.org"])) as client:
        assert client.get("/v1/articles", headers={"host": host}).status_code == 200
    with serving(tmp_path, insecure=True) as client:
        assert client.get("/v1/articles", headers={"host": "any.example"}).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        *("http://[::1", "https://*.example.org", "https://example.org:443", "https://user@example.org", "https://.a"),
        *(
            "*",
            "ftp://a",
            "https://",
            "null",
            "",
            "https://example.org:abc",
            "https://exämple.org",
            "https://a b.org",
            "https://example.org/",
            "example.org",
        ),
    ],
)
def test_what_no_browser_sends_is_no_origin(text: str) -> None:
    with pytest.raises(KeysError, match="no origin"):
        keys.origin(text)
    with pytest.raises(SettingsError, match="no origin"):
        Settings.read(["--origin", text], {})


@pytest.mark.parametrize(
    "text", ["https://example.org", "http://my_service:3000", "https://[::1]:8443", "https://A.B", "https://a.b."]
)
def test_an_origin_is_kept_as_browsers_send_it(text: str) -> None:
    assert keys.origin(text) == text.lower()


def test_a_keys_file_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="cannot be written"):
        keys.add(tmp_path / "none" / "keys.json", "page", Scope.ASK)


def test_a_new_secret_for_links_signs_known_answers_anew(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    secret = keys.add(file, "first", Scope.ADMIN)
    with serving(tmp_path / "data", keys=file) as client:
        client.headers["authorization"] = f"Bearer {secret}"
        put(client, "a", "The old ferry sank near Morlo on a cold day.")
        views = []
        for _ in range(2):
            body = ask(client, "Where did the old ferry sink on that cold day?")
            views.append(body["answer"]["citations"][0]["links"]["view"])
            file.unlink()
            client.headers["authorization"] = f"Bearer {keys.add(file, 'again', Scope.ADMIN)}"
        assert views[0] != views[1]
