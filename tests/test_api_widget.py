"""The widget's bundle: served to any site, small, built from its source, in the wheel; and the page that shows it."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from lxml import html
from starlette.testclient import TestClient

from api.front import front
from api.routes.widget import bundle
from index.types import Article
from tests.api_client import put, serving

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "api" / "widget"
SCRIPT = ROOT / "api" / "static" / "quoteline.js"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        yield client


def test_any_site_may_load_the_script_and_keep_it(client: TestClient) -> None:
    response = client.get("/widget/quoteline.js")
    assert response.content == SCRIPT.read_bytes()
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["cache-control"] == "public, no-cache"


def test_it_is_sent_gzipped_to_those_who_take_it(client: TestClient) -> None:
    encodings = {
        asked: client.get("/widget/quoteline.js", headers={"Accept-Encoding": asked}).headers.get("content-encoding")
        for asked in ("gzip, br", "br, gzip;q=0.5", "identity", "gzip;q=0", "br, gzip ; Q=0.0, *")
    }
    assert encodings == {
        "gzip, br": "gzip",
        "br, gzip;q=0.5": "gzip",
        "identity": None,
        "gzip;q=0": None,
        "br, gzip ; Q=0.0, *": None,
    }


def test_a_script_that_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    etag = client.get("/widget/quoteline.js").headers["etag"]
    again = client.get("/widget/quoteline.js", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_the_bundle_is_at_most_25_kilobytes_gzipped() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes())) <= 25_000


def test_the_source_makes_text_nodes_only_and_stores_no_cookie() -> None:
    for source in (SOURCE / "src").rglob("*.ts"):
        text = source.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", ".cookie"):
            assert word not in text, source
        assert not re.search(r"unsafeHTML|unsafeStatic|DOMParser|createContextualFragment", text), source


def test_building_it_again_changes_no_byte(tmp_path: Path) -> None:
    if not (SOURCE / "node_modules").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("the widget's build tools are missing, and this test may not be skipped in CI: make node")
        pytest.skip("needs the widget's build tools: make node")
    node = shutil.which("node")
    assert node is not None
    subprocess.run([node, "build.mjs", str(tmp_path / "again.js")], cwd=SOURCE, check=True)
    assert (tmp_path / "again.js").read_bytes() == SCRIPT.read_bytes()


def test_the_lockfile_names_no_registry() -> None:
    locked = (SOURCE / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in locked
    assert '"resolved"' not in locked


def test_the_readme_names_every_custom_property_and_part() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (SOURCE / "src").iterdir() if path.is_file())
    names = set(re.findall(r"--quoteline-([a-z-]+)", source)) | set(re.findall(r'part="(\w+)"', source))
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## On your website")[2].partition("\n## ")[0]
    assert len(names) > 25
    assert {name for name in names if f"`{name}`" not in section} == set()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site-packages of an environment that holds the wheel alone; what it depends on is borrowed from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns(".git", ".venv", "node_modules", "build", "*.egg-info", ".*_cache", "__pycache__")
    shutil.copytree(ROOT, source, ignore=ignored)
    run = [sys.executable, "-m", "pip", "--quiet", "--no-cache-dir", "--disable-pip-version-check"]
    wheel = [*run, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run(wheel, check=True, stdout=subprocess.DEVNULL)
    venv.create(folder / "clean")
    (site,) = (folder / "clean" / "lib").glob("*/site-packages")
    (built,) = folder.glob("*.whl")
    subprocess.run([*run, "install", "--no-deps", "--target", str(site), str(built)], check=True)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return site


def test_a_wheel_holds_every_file_of_its_packages_but_the_source_of_the_widget(installed: Path) -> None:
    found, expected = (
        {
            path.relative_to(root).as_posix()
            for room in ("index", "rag", "api", "eval")
            for path in (root / room).rglob("*.*")
            if "__pycache__" not in path.parts and SOURCE not in path.parents
        }
        for root in (installed, ROOT)
    )
    assert found == expected


def test_an_installed_wheel_serves_the_script(installed: Path, tmp_path: Path) -> None:
    script = """
from pathlib import Path
from starlette.testclient import TestClient
import api
from api.app import create_app
from api.settings import Settings
client = TestClient(create_app(Settings(Path("data"))), base_url="http://localhost")
print(api.__file__, client.get("/").status_code)
print(client.get("/widget/quoteline.js").headers["etag"])
"""
    python = installed.parents[2] / "bin" / "python"
    done = subprocess.run([python, "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == [f"{installed / 'api' / '__init__.py'} 200", f'"{bundle().integrity}"']


def article(id: str, title: str, text: str = "", source: str | None = None, published: date | None = None) -> Article:
    return Article(id, title, f"{title}\n\n{text}", None, source, published, None, "")


def test_the_front_page_is_named_after_the_most_frequent_source() -> None:
    found = front([article("a", "A", source="Wire"), article("b", "B", source="Bay"), article("c", "C", source="Bay")])
    assert found.name == "Bay"


def test_the_newest_article_leads_and_those_without_a_date_come_last() -> None:
    old, new = date(2020, 1, 1), date(2021, 1, 1)
    found = front([article("a", "Undated"), article("b", "Old", published=old), article("c", "New", published=new)])
    assert [story.headline for story in found.stories] == ["New", "Old", "Undated"]


def test_a_teaser_is_a_paragraph_and_no_byline() -> None:
    paragraph = "The ferry made her first crossing on Monday with 190 people aboard."
    (story,) = front([article("a", "A", f"By Tobias Rennick\n\n{paragraph}\n\nMore.")]).stories
    assert story.teaser == paragraph


def test_questions_are_suggested_only_where_their_article_is() -> None:
    assert front([article("a", "A")]).questions == []
    assert len(front([article("skerrow-ferry-record", "A")]).questions) == 1


def test_the_page_shows_the_articles_and_suggests_what_they_answer(client: TestClient) -> None:
    put(client, "gannet-bridge-opens", "It opened on Saturday.", title="<b>Bridge</b> opens", source="Courier")
    tree = html.document_fromstring(client.get("/").text)
    assert tree.findtext(".//title") == "Courier – ask the archive"
    (headline,) = tree.iterfind(".//article/h2/a")
    assert (headline.text, headline.get("href")) == ("<b>Bridge</b> opens", "/articles/gannet-bridge-opens")
    (chat,) = tree.iter("quoteline-chat")
    assert chat.get("suggestions") == '["What was the first vehicle across the Gannet Bridge?"]'


def test_an_empty_library_says_so(client: TestClient) -> None:
    tree = html.document_fromstring(client.get("/").text)
    assert tree.findtext(".//article/h2") == "There is nothing to read yet"


def test_the_page_offers_the_script_with_its_integrity(client: TestClient) -> None:
    tree = html.document_fromstring(client.get("/").text)
    offered = tree.find(".//pre").text_content()
    assert f'integrity="{bundle().integrity}"' in offered
    assert 'src="http://localhost/widget/quoteline.js"' in offered
    (script,) = tree.iter("script")
    assert (script.get("src"), script.get("integrity")) == ("/widget/quoteline.js", bundle().integrity)
