"""How an article comes in: files, bytes and fields."""

import io
import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import intake
from index.errors import RefusedError
from index.intake import from_fields, from_path, from_stream
from index.types import Intake, Outcome

BODY = "The ferry to the island starts again in May. It carries forty cars."


def only(found: Iterable[Intake | Outcome]) -> Intake:
    (item,) = found
    assert isinstance(item, Intake)
    return item


def one(data: str | bytes, name: str = "ferry.txt") -> Intake:
    return only(from_stream(io.BytesIO(data.encode() if isinstance(data, str) else data), name))


def reasons(item: Intake) -> dict[str, str]:
    return {r.reason: r.text for r in item.removed}


@pytest.fixture(scope="module")
def seeds(shared: Path) -> dict[str, Intake]:
    return {path.name[:3]: only(from_path(path, path.stem)) for path in sorted((shared / "seeds").iterdir())}


def test_only_two_seeds_have_a_date(seeds: dict[str, Intake]) -> None:
    found = {name: item.article.published for name, item in seeds.items()}
    assert found == {"000": date(2020, 7, 7), "001": None, "002": None, "003": None, "004": date(2020, 10, 21)}


def test_the_seeds_have_their_ids_and_language(seeds: dict[str, Intake]) -> None:
    assert seeds["004"].article.id == "004_fa7d1966cbd01cb0"
    assert {item.article.language for item in seeds.values()} == {"en"}


def test_the_seeds_have_their_own_headlines_or_none(seeds: dict[str, Intake]) -> None:
    titles = {name: item.article.title for name, item in seeds.items()}
    assert titles["000"] == ""
    assert titles["001"] == "Amazon Hires Elon Musk’s SpaceX for Three Rocket Launches"
    assert titles["002"].startswith("SpaceX, Blue Origin Enter")
    assert titles["003"] == "Bezos Seeks to Fill NASA Contract Gaps Left by SpaceX"
    assert titles["004"] == "Microsoft, SpaceX are trying to expand cloud platform into space"
    assert all(item.article.text.startswith(item.article.title) for item in seeds.values())


def test_an_untitled_seed_keeps_its_photo_caption(seeds: dict[str, Intake]) -> None:
    first = seeds["000"].article.text.split("\n")[0]
    assert first.startswith("Jeff Bezos, founder of Blue Origin, inspects")
    assert first.endswith("(Photo: BLUE ORIGIN)")
    assert reasons(seeds["000"]) == {"date line": "date 2020-07-07"}


def test_a_seed_loses_its_korean_advertisement_alone(seeds: dict[str, Intake]) -> None:
    assert seeds["002"].article.text.endswith("technological standards and economic order.")
    assert list(reasons(seeds["002"])) == ["other language"]
    assert reasons(seeds["002"])["other language"].startswith("쿠팡 파트너스")


def test_a_seed_loses_its_copyright_line_and_keeps_its_second_line(seeds: dict[str, Intake]) -> None:
    assert seeds["003"].article.text.split("\n")[2].startswith("After Calls")
    assert "©" not in seeds["003"].article.text
    assert list(reasons(seeds["003"])) == ["copyright line"]


def test_a_seed_loses_its_front_matter_description_and_markup(seeds: dict[str, Intake]) -> None:
    text, removed = seeds["004"].article.text, reasons(seeds["004"])
    assert list(removed) == ["front matter", "markup", "repeated description"]
    assert "extends: _layouts.post" in removed["front matter"]
    assert removed["repeated description"].startswith("Microsoft is partnering")
    assert text.count("Microsoft is partnering") == 1
    assert "SpaceX’s network" in text
    assert text.endswith("3,236 satellites.")
    assert not any(mark in text for mark in ("<", "&#", "\t", "keywords:", "1603272482"))


def test_the_same_bytes_give_the_same_article() -> None:
    assert one(f"Ferry returns\n\n{BODY}") == one(f"Ferry returns\n\n{BODY}")


def test_every_field_counts_in_the_hash() -> None:
    base = {"id": "a", "text": BODY}
    changes = (
        {"id": "b"},
        {"text": f"{BODY} Yes."},
        *(
            {"title": "T"},
            {"url": "https://a.example"},
            {"source": "Post"},
            {"published": "2020-10-21"},
            {"language": "fr"},
        ),
    )
    hashes = {from_fields(**(base | change)).article.sha256 for change in ({}, *changes)}  # type: ignore[arg-type]
    assert len(hashes) == 1 + len(changes)
    assert all(len(digest) == 64 for digest in hashes)


@pytest.mark.parametrize(
    ("name", "article_id"),
    [
        ("ferry.txt", "ferry"),
        ("2020/ferry.html", "2020/ferry"),
        ("v1.2", "v1.2"),
        ("v1.2.md", "v1.2"),
        ("ferry", "ferry"),
    ],
)
def test_an_article_is_named_after_its_file_without_the_ending(name: str, article_id: str) -> None:
    assert one(BODY, name).article.id == article_id


def test_the_front_matter_names_the_article() -> None:
    article = one(f"---\nid: island-ferry\ndate: 2020-10-21\nlang: en-GB\n---\n{BODY}").article
    assert (article.id, article.published, article.language) == ("island-ferry", date(2020, 10, 21), "en")


@pytest.mark.parametrize("article_id", ["", ".", "..", " a", "a ", "a\nb", "a\x00b", "a\ud800", "x" * 201])
def test_an_unusable_id_is_refused(article_id: str) -> None:
    with pytest.raises(RefusedError, match="article id"):
        from_fields(article_id, text=BODY)


def test_given_fields_win_over_found_ones() -> None:
    article = from_fields(
        "a",
        title="Given",
        html=f"<html lang=de><head><meta property='og:title' content='Found'></head><body><p>{BODY}</p></body></html>",
        url="https://a.example/1",
        source=" Harbour  News ",
        published=date(2020, 10, 21),
        language="en-US",
    ).article
    assert (article.title, article.url, article.source) == ("Given", "https://a.example/1", "Harbour News")
    assert (article.published, article.language) == (date(2020, 10, 21), "en")


def test_what_is_not_given_is_found() -> None:
    article = from_fields("a", text=f"Ferry returns\nPublished: 21 October 2020\n{BODY}").article
    assert (article.title, article.published, article.language) == ("Ferry returns", date(2020, 10, 21), "en")


def test_markdown_fields_are_rendered() -> None:
    article = from_fields("a", markdown=f"# Ferry returns\n\n[{BODY}](https://a.example)").article
    assert article.text == f"Ferry returns\n\n{BODY}"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "exactly one of"),
        ({"text": "a", "html": "b"}, "exactly one of"),
        ({"text": "..."}, "no letter"),
        ({"text": "", "title": "Ferry"}, "no letter"),
        ({"html": "<p hidden>Words</p>"}, "no letter"),
        ({"text": "© 2020 Harbour News"}, "no letter"),
        ({"text": BODY, "title": "x" * 501}, "title has 501"),
        ({"text": BODY, "url": "javascript:alert(1)"}, "url"),
        ({"text": BODY, "published": "03/04/2020"}, "2020-10-21"),
        ({"text": BODY, "language": "english"}, "language"),
        ({"text": BODY, "source": "x" * 201}, "source"),
    ],
)
def test_unusable_fields_are_refused(fields: dict[str, str], reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        from_fields("a", **fields)  # type: ignore[arg-type]


def test_an_article_may_be_nothing_but_its_headline() -> None:
    assert from_fields("a", title="Ferry returns", text="Ferry returns").article.text == "Ferry returns"


def test_too_little_text_has_no_language() -> None:
    assert one("Ferry returns.").article.language is None


def test_other_languages_are_recognised() -> None:
    assert (
        one("Die Fähre zur Insel fährt ab Mai wieder. Sie trägt vierzig Autos und kostet drei Kronen.").article.language
        == "de"
    )


def test_a_bad_line_is_refused_and_the_rest_go_on() -> None:
    lines = [
        json.dumps({"id": "one", "text": BODY, "published": 1603272482, "url": "https://a.example/1"}),
        "",
        "{broken",
        json.dumps({"text": 5}),
        '{"text": "words", "published": NaN}',
        json.dumps({"html": f"<p>{BODY}</p>", "title": "Ferry"}),
        json.dumps({"markdown": f"# Ferry\n\n{BODY}", "extra": [1]}),
        json.dumps({"id": "..", "text": BODY}),
    ]
    found = list(from_stream(io.BytesIO("\n".join(lines).encode()), "news.jsonl"))
    ids = [item.article.id if isinstance(item, Intake) else item.id for item in found]
    assert ids == ["one", "news:3", "news:4", "news:5", "news:6", "news:7", "news:8"]
    refused = {item.id: item.reason for item in found if isinstance(item, Outcome)}
    assert list(refused) == ["news:3", "news:4", "news:5", "news:8"]
    assert all(reason for reason in refused.values())
    assert isinstance(found[0], Intake)
    assert (found[0].article.published, found[0].article.url) == (date(2020, 10, 21), "https://a.example/1")


@pytest.mark.parametrize(
    ("name", "charset"),
    [
        *(("a.jsonl", "utf-8"), ("a.ndjson", "utf-8-sig"), ("a.jsonl", "utf-16")),
        *(("a.txt", "utf-8"), ("a", "utf-8-sig")),
    ],
)
def test_json_lines_are_recognised_by_content_or_ending(name: str, charset: str) -> None:
    text = f"{json.dumps({'text': BODY})}\n{json.dumps({'text': BODY})}\n"
    found = from_stream(io.BytesIO(text.encode(charset)), name)
    assert [item.article.id for item in found if isinstance(item, Intake)] == ["a:1", "a:2"]


@pytest.mark.parametrize("name", ["a.json", "a.txt"])
def test_one_json_object_is_one_article(name: str) -> None:
    assert one(json.dumps({"text": BODY, "title": "Ferry"}, indent=2), name).article.text == f"Ferry\n\n{BODY}"


def test_a_json_array_is_several_articles() -> None:
    found = list(from_stream(io.BytesIO(json.dumps([{"text": BODY}, {"text": 1}, 2]).encode()), "a.json"))
    assert [item.article.id if isinstance(item, Intake) else item.id for item in found] == ["a:1", "a:2", "a:3"]


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.txt", "empty"),
        (b"\n\n", "a.jsonl", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00", "a.txt", "PNG"),
        (b"a\x00b" * 10, "a.md", "NUL"),
        (b"--- \ntitle: [x\n---\nbody", "a.md", "front matter is not YAML"),
        (b"<a " * 8_000, "a.html", "no letter"),
        (b"<div>" * 10_000 + b"words" + b"</div>" * 10_000, "a.txt", "nests elements"),
        (b'{"text": ' * 50_000, "a.json", "nested"),
        (b"<rss><channel></channel></rss>", "a.xml", "XML"),
        (b"words\n" * 2_000_000, "a.txt", "10 MiB"),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence_in_bounded_time(data: bytes, name: str, reason: str) -> None:
    started = time.process_time()
    with pytest.raises(RefusedError, match=reason):
        list(from_stream(io.BytesIO(data), name))
    assert time.process_time() - started < 2


@pytest.mark.parametrize("ending", [".txt", ".md", ".html"])
def test_a_word_of_a_million_letters_comes_in_whole(ending: str) -> None:
    started = time.process_time()
    assert one("w" * 1_000_000, f"a{ending}").article.text == "w" * 1_000_000
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "text", ["<a " * 8_000, "date 2020-01-01 " * 50_000, "2020-01-01\n" * 20_000 + "x", "© 2020 X\n" * 20_000 + "x"]
)
def test_hostile_plain_text_comes_in_within_bounded_time(text: str) -> None:
    started = time.process_time()
    assert one(text).article.text
    assert time.process_time() - started < 2


def test_latin_1_and_utf_16_files_keep_their_words() -> None:
    text = "Le café déjà fermé: l'été est arrivé à Orléans."
    assert one(text.encode("latin-1")).article.text == one(text.encode("utf-16")).article.text == text


def test_a_missing_file_a_folder_and_a_fifo_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("none.txt", "No such file"), (".", "no regular file"), ("pipe", "no regular file")):
        with pytest.raises(RefusedError, match=reason):
            list(from_path(tmp_path / name, "a"))


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.txt").write_text(BODY)
    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(RefusedError, match="Permission denied"):
        list(from_path(tmp_path / "a.txt", "a"))


def test_json_lines_stream_and_never_sit_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    line = json.dumps({"text": "word " * 2_000, "language": "en"}) + "\n"
    with path.open("w") as out:
        out.writelines(line for _ in range(1_000))
    tracemalloc.start()
    count = sum(isinstance(item, Intake) for item in from_path(path, "news"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1_000
    assert peak < path.stat().st_size / 10


def test_a_line_that_is_too_long_is_refused_and_the_next_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "LIMIT", 200)
    lines = [json.dumps({"text": "word " * 100}), json.dumps({"text": BODY})]
    found = list(from_stream(io.BytesIO("\n".join(lines).encode()), "a.jsonl"))
    assert isinstance(found[0], Outcome)
    assert isinstance(found[1], Intake)
    assert found[1].article.id == "a:2"


def test_coming_in_needs_no_model() -> None:
    models = ("torch", "transformers", "faiss", "py3langid")
    code = f"import sys, index.intake; print([name for name in {models} if name in sys.modules])"
    root = Path(__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


unicode_texts = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            [
                "\r\n",
                "\n\n",
                "e\u0301",
                "\U0001f468\u200d\U0001f680",
                "שלום",
                "مرحبا",
                "\u200b",
                "\u202e",
                "\xa0",
                "Title",
            ]
        ),
    ),
    max_size=15,
).map("".join)


@settings(deadline=None)
@given(unicode_texts)
def test_any_text_comes_in_whole_or_is_refused(text: str) -> None:
    if not any(map(str.isalnum, text)):
        with pytest.raises(RefusedError, match="no letter"):
            from_fields("a", text=text)
        return
    article = from_fields("a", text=text).article
    assert article.text.encode()
    assert article.text[: len(article.title)] == article.title
    assert from_fields("a", text=article.text).article.text == article.text


@settings(deadline=None)
@given(
    st.one_of(st.binary(max_size=200), unicode_texts.map(str.encode)),
    st.sampled_from(["a.txt", "a.md", "a.html", "a.jsonl", "a.json", "a"]),
)
def test_any_bytes_come_in_or_are_refused(data: bytes, name: str) -> None:
    found: list[Intake | Outcome] = []
    with suppress(RefusedError):
        found = list(from_stream(io.BytesIO(data), name))
        assert found
    assert all(item.article.text.encode() for item in found if isinstance(item, Intake))
