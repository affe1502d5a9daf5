"""Formats: what each finds in a document, and how one is picked by content."""

import io
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import formats
from index.errors import RefusedError
from index.formats import characters, frontmatter, html, jsonl, markdown
from index.formats.draft import Metadata, http_url


def reasons(draft: formats.Draft) -> dict[str, str]:
    return {r.reason: r.text for r in draft.removed}


class TestCharacters:
    @pytest.mark.parametrize(
        ("text", "charset"),
        [
            ("Zoë's café — naïve", "utf-8"),
            ("Zoë's café — naïve", "utf-8-sig"),
            ("Zoë's café — naïve 🚀", "utf-16"),
            ("Zoë's café — naïve 🚀", "utf-32"),
            ("Le café déjà fermé: l'été est arrivé à Orléans.", "latin-1"),
            ("Le café coûte “5 €” — déjà.", "cp1252"),
            ("El niño comió piñas en España. ¿Qué más?", "latin-1"),
            ("Starosta řekl, že nový most bude otevřen v květnu příštího roku po náročné rekonstrukci.", "cp1250"),
            ("Президент сказал, что строительство моста начнется весной.", "cp1251"),
            ("東京で新しい博物館が開館しました。多くの人が訪れました。", "shift_jis"),
        ],
    )
    def test_text_in_a_known_character_set_is_read(self, text: str, charset: str) -> None:
        assert characters.readable(characters.decode(text.encode(charset))) == text

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (b"", "empty"),
            (b" \r\n\t", "empty"),
            (b"%PDF-1.7 text", "a PDF"),
            (b"PK\x03\x04rest", "a ZIP archive"),
            (b"\x89PNG\r\n\x1a\n\x00", "a PNG image"),
            (b"\xff\xd8\xff\xe0", "a JPEG image"),
            (b"SQLite format 3\x00", "an SQLite database"),
            (b"words\x00words", "NUL"),
            (bytes(range(1, 256)), "control characters"),
            (b"\xff\xfeabc", "not valid UTF-16"),
        ],
    )
    def test_what_is_no_text_is_refused_by_name(self, data: bytes, kind: str) -> None:
        with pytest.raises(RefusedError, match=kind):
            characters.decode(data)

    def test_one_damaged_byte_does_not_change_the_character_set(self) -> None:
        assert characters.decode("déjà vu à Orléans".encode() + b" \xff end") == "déjà vu à Orléans \ufffd end"

    def test_a_page_names_its_own_character_set(self) -> None:
        page = '<html><head><meta charset="koi8-r"></head><body>мост</body></html>'
        assert characters.decode(page.encode("koi8-r")) == page

    def test_an_unknown_declared_character_set_is_refused(self) -> None:
        with pytest.raises(RefusedError, match="klingon"):
            characters.decode(b'<meta charset="klingon"> caf\xe9')

    @settings(deadline=None)
    @given(st.binary(max_size=300))
    def test_bytes_are_decoded_or_refused(self, data: bytes) -> None:
        try:
            text = characters.readable(characters.decode(data))
        except RefusedError:
            return
        assert "\x00" not in text
        assert text.encode() is not None


class TestFrontMatter:
    def test_values_stay_as_written(self) -> None:
        found = frontmatter.split("--- \ntitle: No\nyear: 1984\nwhen: 12:30\ntags: [a, b]\n--- \nbody\n")
        assert found is not None
        values, written, body = found
        assert values == {"title": "No", "year": "1984", "when": "12:30", "tags": ["a", "b"]}
        assert written.startswith("--- \ntitle: No")
        assert body.strip() == "body"

    @pytest.mark.parametrize(
        "text", ["---\nA line of dashes.\n---\nwords", "---\n\n---\nwords", "words", "---", "--- x\na: b\n---"]
    )
    def test_dashes_above_prose_are_no_front_matter(self, text: str) -> None:
        assert frontmatter.split(text) is None

    @pytest.mark.parametrize(
        ("inside", "reason"),
        [
            ("title: [open\n---", "line 3"),
            ("title: a: b\n---", "not YAML"),
            ("title: x\ndate: 2020-10-21\n\nbody", "not closed"),
            ("base: &a {x: 1}\n---", "anchor or alias"),
            ("title: *a\n---", "anchor or alias"),
            ("a: " + "[" * 3000 + "]" * 3000 + "\n---", "nested"),
            ("a: " + "word " * 20_000 + "\n---", "65,536 characters"),
        ],
    )
    def test_broken_front_matter_is_refused(self, inside: str, reason: str) -> None:
        with pytest.raises(RefusedError, match=reason):
            frontmatter.split(f"---\n{inside}\nbody\n")

    def test_an_alias_bomb_is_refused_at_its_first_anchor(self) -> None:
        rows = "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        with pytest.raises(RefusedError, match="anchor or alias"):
            frontmatter.split(f"---\na: &a [lol, lol]\n{rows}---\nbody\n")

    def test_a_tag_builds_no_object(self) -> None:
        found = frontmatter.split("---\ntitle: !!python/object/apply:os.getcwd []\n---\nbody\n")
        assert found is not None
        assert found[0] == {"title": []}

    def test_what_front_matter_says_wins(self) -> None:
        draft = formats.read("---\ntitle: Ours\nurl: https://a.example/1\n---\n<h1>Theirs</h1><p>Words</p>", ".txt")
        assert (draft.metadata.title, draft.metadata.url) == ("Ours", "https://a.example/1")
        assert draft.body == "Theirs\n\nWords"
        assert reasons(draft)["front matter"] == "---\ntitle: Ours\nurl: https://a.example/1\n---"


class TestMetadata:
    def test_fields_are_found_under_their_usual_names(self) -> None:
        found = Metadata.named(
            {
                "Title": " A  b ",
                "pubDate": "Wed, 21 Oct 2020 09:28:02 GMT",
                "link": "https://a.example/x",
                "site": "Post",
                "lang": "en-GB",
            }
        )
        assert (found.title, found.url, found.source, found.language) == ("A b", "https://a.example/x", "Post", "en")
        assert str(found.published) == "2020-10-21"

    def test_unusable_values_are_passed_over(self) -> None:
        assert (
            Metadata.named({"title": ["x"], "url": "javascript:alert(1)", "lang": "english", "date": "soon"})
            == Metadata()
        )

    @pytest.mark.parametrize(
        "text", ["javascript:alert(1)", "/a", "ftp://a.example", "https://", "https://a b", "http://" + "a" * 2001]
    )
    def test_only_web_addresses_are_urls(self, text: str) -> None:
        assert http_url(text) is None


class TestMarkdown:
    def test_marks_become_readable_lines(self) -> None:
        draft = markdown.read(
            "# The *ferry*\n\nIt [starts](https://a.example) in\nMay &amp; **June**.\n\n"
            "- one\n- two\n\n3. three\n4. four\n\n"
            "> quoted\n\n```py\nx = 1\ny  = 2\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<!-- secret -->\n"
        )
        assert draft.metadata.title == "The ferry"
        assert draft.body.split("\n") == [
            *("It starts in May & June.", "", "- one", "- two", "", "3. three", "4. four", "", "quoted", ""),
            *("x = 1", "y = 2", "", "a | b", "1 | 2"),
        ]
        assert reasons(draft)["hidden html"] == "secret"

    @pytest.mark.parametrize("text", ["> " * 60 + "word", "".join("  " * n + "- word\n" for n in range(40))])
    def test_nesting_that_would_lose_words_is_refused(self, text: str) -> None:
        with pytest.raises(RefusedError, match="levels deep"):
            markdown.read(text)

    def test_deep_but_readable_nesting_keeps_its_words(self) -> None:
        assert markdown.read("> " * 50 + "word").body == "word"

    @pytest.mark.parametrize("piece", ["![", "[a](", "*a **b ", "`a ``b ", "x <![CDATA[", "<a ", "x <!--", "> - "])
    def test_hostile_markdown_takes_bounded_time(self, piece: str) -> None:
        started = time.process_time()
        with suppress(RefusedError):
            markdown.read(piece * 20_000 + "word")
        assert time.process_time() - started < 2


class TestHtml:
    def test_a_fragment_gives_its_visible_words(self) -> None:
        draft = html.read(
            "<p>Tom&#8217;s &amp; Zoë's<br>caf&eacute;</p><script>evil()</script><p style='display: none'>ghost</p>"
            "<p hidden>veiled</p><span aria-hidden=true>icon</span><!-- note --><nav>Home</nav><ul><li>one<li>two</ul>"
        )
        assert draft.body == "Tom’s & Zoë's\ncafé\n\n- one\n- two"
        found = reasons(draft)
        assert found["hidden html"] == "evil()\nghost\nveiled\nicon\nnote"
        assert found["navigation"] == "Home"
        assert found["markup"] == "p, br, ul, li"

    def test_two_line_breaks_part_paragraphs(self) -> None:
        assert html.read("one<br>two<br><br>three<br><br><br>four").body == "one\ntwo\n\nthree\n\nfour"

    def test_text_after_a_hidden_element_stays(self) -> None:
        assert html.read("<p>before <script>x</script>after<!-- c --> end</p>").body == "before after end"

    def test_a_page_gives_its_article_and_metadata(self) -> None:
        draft = html.read(
            """<!doctype html><html lang="en-GB"><head><title>Ferry returns - Harbour News</title>
            <meta property="og:title" content="Ferry returns | Harbour News">
            <meta property="og:site_name" content="Harbour News"><link rel="canonical" href="https://a.example/f">
            <meta property="article:published_time" content="2020-10-21T08:00:00Z">
            <meta name="description" content="About the ferry"></head><body><header>Harbour News</header><nav>Home</nav>
            <article><h1>Ferry returns</h1><p>The ferry starts in May.</p><p>It carries forty cars.</p></article>
            <aside>Most read</aside><footer>Imprint</footer></body></html>"""
        )
        assert draft.body == "The ferry starts in May.\n\nIt carries forty cars."
        meta = draft.metadata
        assert (meta.title, meta.source, meta.url) == ("Ferry returns", "Harbour News", "https://a.example/f")
        assert (str(meta.published), meta.language, meta.description) == ("2020-10-21", "en", "About the ferry")
        assert reasons(draft)["repeated title"] == "Ferry returns"
        assert all(word in reasons(draft)["navigation"] for word in ("Home", "Most read", "Imprint"))

    def test_a_page_without_an_article_element_loses_only_its_furniture(self) -> None:
        draft = html.read(
            "<html><body><header>Site</header><ul><li><a>A</a><li><a>B</a><li><a>C</a></ul><h1>Ferry</h1>"
            "<div>Starts <b>in</b> May.</div><ul><li><a>Board</a> decides<li><a>Town</a><li><a>Quay</a></ul>"
            "<footer>Imprint</footer></body></html>"
        )
        assert draft.metadata.title == "Ferry"
        assert draft.body == "Starts in May.\n\n- Board decides\n- Town\n- Quay"
        assert reasons(draft)["navigation"] == "Site\nABC\nImprint"

    def test_a_small_article_element_on_a_large_page_is_not_the_article(self) -> None:
        draft = html.read(
            f"<html><body><p>{'The ferry starts in May. ' * 20}</p><article>Advertisement</article></body></html>"
        )
        assert draft.body.startswith("The ferry starts in May.")
        assert draft.body.endswith("Advertisement")

    def test_json_ld_dates_and_names_the_article(self) -> None:
        draft = html.read(
            """<html><head><script type="application/ld+json">{"@graph": [{"@type": "Organization", "url": "https://b.example"},
            {"@type": "NewsArticle", "headline": "Ferry returns", "datePublished": "2020-10-21", "inLanguage": "en",
             "publisher": {"name": "Harbour News"}, "mainEntityOfPage": {"@id": "https://a.example/f"}}]}</script></head>
            <body><p>The ferry starts in May.</p></body></html>"""
        )
        meta = draft.metadata
        assert (meta.title, meta.source, meta.url) == ("Ferry returns", "Harbour News", "https://a.example/f")
        assert str(meta.published) == "2020-10-21"

    @pytest.mark.parametrize("script", ["{", "[" * 50_000, "[]", "null", '{"headline": 5}'])
    def test_broken_json_ld_is_passed_over(self, script: str) -> None:
        page = f'<html><script type="application/ld+json">{script}</script><body><p>Words</p></body></html>'
        assert html.read(page).body == "Words"

    def test_cells_of_a_row_share_a_line(self) -> None:
        rows = "<table><tr><td>Day<td>Cars<tr><td>Monday<td>40<tr><td><p>Tuesday</p><td>12</table>"
        assert html.read(rows).body == "Day | Cars\nMonday | 40\n\nTuesday\n\n12"

    @pytest.mark.parametrize(
        ("rows", "lines"),
        [
            ("<tr><th></th><th>2022</th><th>2023</th></tr><tr><th>Squid</th><td>12</td><td>57</td></tr>",
             ["| 2022 | 2023", "Squid | 12 | 57"]),
            ("<thead><tr><th>Fish<th>2022<th>2023<tbody><tr><td>Squid<td> <td>57<tr><td>Cod<td>3<td>",
             ["Fish | 2022 | 2023", "Squid | | 57", "Cod | 3 |"]),
            ("<tr><th colspan=3>Landings<tr><th><th colspan=2>Tonnes<tr><th>Fish<th>2022<th>2023<tr><td>Cod<td><td>",
             ["Landings", "Tonnes", "Fish | 2022 | 2023", "Cod"]),  # alone in their rows
            ("<tr><th>Fish<th>Landed<br>in 2022<th>Price<tr><td><p>Squid</p><td><div> <div>12</div>\n</div><td>£7<br>",
             ["Fish | Landed in 2022 | Price", "Squid | 12 | £7"]),
            ("<tr><th>Fish<th>Boats<th>Price<tr><td>Squid<td>Gull<br>Tern<td>£7",
             ["Fish | Boats | Price", "Squid | Gull", "Tern | £7"]),
            ("<tr><th><p>Dear reader,</p><p>the ferry is sold.</p></th><th></th>",
             ["Dear reader,", "the ferry is sold."]),
            ("<tr><th>News<th>Day<tr><td><p>Cod.</p><div>Squid.</div><td>1", ["News | Day", "Cod.", "Squid.", "1"]),
            ("<tr><th>Fish<th>Where<tr><td>Squid<td><ul><li>Morlo<li>Wick</ul><td>57",
             ["Fish | Where", "Squid", "- Morlo", "- Wick", "57"]),
            ("<tr><th>Fish<th>Now<tr><td><table><tr><td>Squid<td><td>12</table><td>57",
             ["Fish | Now", "Squid | 12", "57"]),
            ("<tr><td><td>Menu<td><td>Contact", ["Menu | Contact"]),  # a layout
            ("<tr><td>10<sup>6</sup><td>10<td><sup>1</sup> of these", ["10^6 | 10 | 1 of these"]),
        ],
    )  # fmt: skip
    def test_an_empty_cell_of_a_table_with_headers_keeps_its_column(self, rows: str, lines: list[str]) -> None:
        assert [line for line in html.read(f"<table>{rows}</table>").body.split("\n") if line] == lines

    @pytest.mark.parametrize(
        "text",
        [
            *("<a " * 8_000, "<!--" * 8_000, "<" * 50_000, "&" * 50_000, "</p>" * 50_000, "<p><b><i>" * 10_000),
            *(
                "<html>" + "<article>x" * 1_500,
                "<html>" + "<article>x</article>" * 5_000,
                "<table><tr>" + "<td>x" * 20_000,
                "<table><tr>" + "<th>" * 100_000 + "<tbody><tr>" + "<th>" * 100_000,
                "<table><tr><th>" * 500 + "<p>x" * 20_000,
            ),
            "<div hidden>" * 1_000 + "<h1>x</h1>" * 10_000,
        ],
    )
    def test_hostile_html_takes_bounded_time(self, text: str) -> None:
        started = time.process_time()
        assert html.read(text).body.count("x") <= text.count("x")
        assert time.process_time() - started < 2

    def test_nesting_that_would_lose_words_is_refused(self) -> None:
        assert html.read("<div>" * 1_500 + "word").body == "word"
        with pytest.raises(RefusedError, match="2,047 deep"):
            html.read("<div>" * 10_000 + "word" + "</div>" * 10_000)

    @settings(deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.text(max_size=8),
                st.sampled_from(
                    [
                        *(
                            "<p>",
                            "</p>",
                            "<div>",
                            "</div>",
                            "<b>",
                            "</b>",
                            "<ul>",
                            "<li>",
                            "</ul>",
                            "<table><tr><td>",
                            "<td>",
                        ),
                        *(
                            "<!--",
                            "-->",
                            "<script>",
                            "</script>",
                            "&amp;",
                            "&#0;",
                            "&#xD800;",
                            "<h1>",
                            "</h1>",
                            "<pre>",
                            "</pre>",
                        ),
                        *(
                            "<html>",
                            "<article>",
                            "</article>",
                            "<ol start=x>",
                            "</ol>",
                            "<?x",
                            "<![CDATA[",
                            "<a href='",
                            "<br/>",
                        ),
                        *("# ", "\n\n", "- ", "> ", "```\n", "[a](b)", "|a|\n|-|\n", "**", "\t"),
                    ]
                ),
            ),
            max_size=25,
        ).map("".join)
    )
    def test_random_markup_never_fails(self, text: str) -> None:
        for reader in formats.READERS.values():
            draft = reader(characters.readable(text))
            assert draft.body.encode() is not None


class TestJsonLines:
    def test_lines_come_with_their_numbers(self) -> None:
        assert list(jsonl.lines(io.BytesIO(b"\n{}\n\nlong line\n[]"), 5)) == [(2, b"{}\n"), (4, None), (5, b"[]")]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("{", "not valid JSON at line 1"),
            ('{"text": NaN}', "NaN"),
            ('{"published": ' + "9" * 5_000 + "}", "digits"),
            ('{"text":' * 100_000, "nested"),
            ("[" * 100_000, "nested"),
        ],
    )
    def test_what_is_no_json_is_refused(self, text: str, reason: str) -> None:
        with pytest.raises(RefusedError, match=reason):
            jsonl.load(text)

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ([], "an array"),
            ("words", "a string"),
            (None, "null"),
            ({}, "no words"),
            ({"text": "a", "html": "b"}, "text and html"),
            ({"text": 5}, "text is a number"),
            ({"text": "a", "title": ["b"]}, "title is an array"),
            ({"text": "a", "id": 5}, "id is a number"),
            ({"text": "a", "published": True}, "published is true or false"),
            ({"text": "a", "published": {}}, "published is an object"),
        ],
    )
    def test_fields_of_the_wrong_type_are_refused(self, value: object, reason: str) -> None:
        with pytest.raises(RefusedError, match=reason):
            jsonl.fields(value)

    def test_null_counts_as_absent(self) -> None:
        assert jsonl.fields({"text": "a", "html": None, "title": None, "more": 1}) == {"text": "a", "more": 1}


class TestRecognition:
    @pytest.mark.parametrize(
        ("body", "ending", "kind"),
        [
            ("Words and words.", ".txt", "text"),
            ("Words and words.", "", "text"),
            ("Words and words.", ".md", "markdown"),
            ("# Heading\n\nWords", ".txt", "markdown"),
            ("See [a](https://a.example) and [b](https://b.example).", "", "markdown"),
            ("#1 seller this week", ".txt", "text"),
            ("In HTML a <p> opens a paragraph and </p> closes it.", ".txt", "text"),
            ("<p>Words</p>", ".txt", "html"),
            (" <!-- c --> <div class='a'>Words</div>", "", "html"),
            ("<!DOCTYPE html><html>", ".md", "html"),
            ('<?xml version="1.0"?><!DOCTYPE html><html>', ".txt", "html"),
            ("Intro<p>One</p><p>Two</p>", ".txt", "html"),
            ("Words", ".html", "html"),
            ("<https://a.example> is the address", ".txt", "text"),
            ("<p align=center>Logo</p>\n\n# Heading", ".md", "markdown"),
            ("<a " * 8_000, ".txt", "text"),
        ],
    )
    def test_the_format_is_picked_by_content(self, body: str, ending: str, kind: str) -> None:
        assert formats.recognise(body, ending) == kind

    def test_other_xml_is_refused(self) -> None:
        with pytest.raises(RefusedError, match="XML"):
            formats.recognise("<?xml version='1.0'?><rss><channel>", ".xml")

    def test_many_comments_take_bounded_time(self) -> None:
        started = time.process_time()
        assert formats.recognise("<!-- a -->" * 9_000 + "word", "") == "text"
        assert time.process_time() - started < 2


class TestWhatIsNotLost:
    """Words and numbers that a format writes in its own way."""

    def test_a_page_is_decoded_as_browsers_decode_it(self) -> None:
        page = b'<meta charset="iso-8859-1"><p>From 1939\x961945 the pilot\x92s caf\xe9 stayed open\x85</p>'
        assert html.read(characters.decode(page)).body == "From 1939–1945 the pilot’s café stayed open…"

    @pytest.mark.parametrize("start", ["ID3 is a decision tree", "RIFF is a container", "GIF89a came in 1989", "BZh"])
    def test_a_sentence_may_begin_like_a_binary_file(self, start: str) -> None:
        assert characters.decode(f"{start} – says Quinlan.".encode()) == f"{start} – says Quinlan."
        with pytest.raises(RefusedError):
            characters.decode(start.encode() + b"\x03\x00\x00\xff\xfe")

    def test_a_heading_that_is_not_the_title_stays_where_it_stood(self) -> None:
        draft = markdown.read("Intro.\n\n# Rome\n\nThe forum.\n\n# Paris\n\nThe tower.")
        assert draft.under(Metadata(title="My trip")).body == "Intro.\n\nRome\n\nThe forum.\n\nParis\n\nThe tower."
        beside = html.read("<html><body><aside><h1>Strike ends</h1></aside><p>Fares rise.</p></body></html>")
        assert beside.under(Metadata(title="Fares")).body == "Strike ends\n\nFares rise."
        page = "<html><body><h1>Late</h1><main><p>One.</p><p>Two.</p></main></body></html>"
        assert html.read(page).under(Metadata(title="Other")).body == "Late\n\nOne.\n\nTwo."

    @pytest.mark.parametrize(
        ("text", "body"),
        [
            ("1969. Apollo 11 landed.\n1972. Apollo 17 landed.", "1969. Apollo 11 landed.\n1972. Apollo 17 landed."),
            ("10. Anna\n9. Bob\n   1. x\n   2. y\n8. Carl", "10. Anna\n9. Bob\n1. x\n2. y\n8. Carl"),
            ("1. Anna\n1. Bob\n1. Carl", "1. Anna\n2. Bob\n3. Carl"),
        ],
    )
    def test_a_list_keeps_the_numbers_it_was_written_with(self, text: str, body: str) -> None:
        assert markdown.read(text).body == body

    @pytest.mark.parametrize(
        ("text", "body"),
        [
            ("<ol reversed><li>c<li>b<li>a</ol>", "3. c\n2. b\n1. a"),
            ("<ol><li>a<li value=7>g<li>h</ol>", "1. a\n7. g\n8. h"),
            ("<p>10<sup>9</sup> and 2<sup>-3</sup>, the 4<sup>th</sup></p>", "10^9 and 2^-3, the 4th"),
            ("<p><del>100</del><ins>200</ins> boats</p>", "100 200 boats"),
        ],
    )
    def test_numbers_do_not_run_into_each_other(self, text: str, body: str) -> None:
        assert html.read(text).body == body

    def test_what_a_page_says_of_others_is_not_its_own(self) -> None:
        review = '{"@type": "Review", "datePublished": "2011-01-02", "headline": "Awful thing"}'
        product = f'<script type="application/ld+json">{{"@type": "Product", "review": [{review}]}}</script>'
        draft = html.read(f"<html><head><title>Gadget</title>{product}</head><body><p>Words.</p></body></html>")
        assert (draft.metadata.title, draft.metadata.published) == ("Gadget", None)
        assert html.read("<div><svg><title>Menu</title></svg><p>The ferry was sold.</p></div>").metadata.title is None

    def test_a_null_in_front_matter_is_nothing_unless_it_is_quoted(self) -> None:
        found = frontmatter.split('---\nid: ~\ntitle: null\nsource: "null"\nauthor:\n---\nWords.')
        assert found is not None
        assert found[0] == {"id": None, "title": None, "source": "null", "author": ""}
