"""The sample newspaper and its gold questions: readable, in shape, supported by exact sentences, split by article."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import eval as room
from index.files import walk
from index.intake import from_path
from index.types import Intake, Outcome

Question = dict[str, Any]

ROOM = Path(room.__file__).parent
CORPUS = ROOM / "corpus"
GOLD = ROOM / "gold" / "courier.jsonl"
HALVES = {"dev", "test"}
TAGS = HALVES | set(
    "lexical paraphrase casual keywords typo numeric date money coref title metadata temporal conflict unanswerable "
    "entity_swap wrong_year false_presupposition attribute_missing offtopic adversarial near_copy namesake table "
    "multi_article foreign".split()
)
FIELDS = {"id", "question", "expect", "answers", "articles", "evidence", "tags", "must_pass", "status", "note"}
OPTIONAL = {"by_article", "filters", "preferred", "as_of", "resolved"}


@pytest.fixture(scope="module")
def intakes() -> dict[str, Intake]:
    found: dict[str, Intake] = {}
    for entry in walk([CORPUS]):
        assert not isinstance(entry, Outcome), entry
        name, path = entry
        for intake in from_path(path, name):
            assert not isinstance(intake, Outcome), intake
            assert intake.article.id not in found, f"{intake.article.id} stands in the corpus twice"
            found[intake.article.id] = intake
    return found


@pytest.fixture(scope="module")
def texts(intakes: dict[str, Intake]) -> dict[str, str]:
    return {id_: intake.article.text for id_, intake in intakes.items()}


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]


def kind(question: Question) -> str:
    if question["expect"] == "no_answer":
        return "unanswerable"
    return "changed" if {"temporal", "conflict"} & set(question["tags"]) else "answerable"


def half(question: Question) -> str:
    (found,) = HALVES & set(question["tags"])
    return str(found)


def of(questions: list[Question], *expected: str) -> list[Question]:
    return [q for q in questions if q["expect"] in expected]


def test_the_corpus_holds_about_forty_articles_from_a_few_lines_to_a_long_feature(texts: dict[str, str]) -> None:
    lengths = sorted(len(text.split()) for text in texts.values())
    assert len(lengths) >= 40
    assert 30 <= lengths[0] < 60
    assert 1000 < lengths[-1] < 1200


def test_the_articles_span_six_years(intakes: dict[str, Intake]) -> None:
    years = {intake.article.published.year for intake in intakes.values() if intake.article.published}
    assert years == set(range(2019, 2026))


def test_every_format_is_in_the_corpus() -> None:
    assert {path.suffix for path in CORPUS.iterdir()} == {".txt", ".md", ".html", ".jsonl"}
    lines = [line for path in CORPUS.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    assert {"text", "html", "markdown"} <= {field for line in lines for field in json.loads(line)}


@pytest.mark.parametrize(
    ("name", "charset", "word"),
    [
        ("obituary-desiree-marchand.txt", "latin-1", "Hélène"),
        ("interview-sunniva-dale.html", "latin-1", "Tromsø"),
        ("library-first-year.txt", "cp1252", "“The Salt Clerk” by Núria Béjart"),
    ],
)
def test_an_article_in_an_older_character_set_is_read_as_written(
    intakes: dict[str, Intake], name: str, charset: str, word: str
) -> None:
    data = (CORPUS / name).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    assert word in data.decode(charset)
    assert word in intakes[Path(name).stem].article.text


@pytest.mark.parametrize(("name", "mark"), [("gulls-cup-final", b""), ("tollard-cannery-reopens", b"\xef\xbb\xbf")])
def test_windows_line_ends_and_byte_order_marks_stay_out_of_the_text(
    intakes: dict[str, Intake], name: str, mark: bytes
) -> None:
    data = (CORPUS / f"{name}.txt").read_bytes()
    assert data.startswith(mark)
    assert data.count(b"\r\n") > 10
    assert not {"\r", "\ufeff"} & set(intakes[name].article.text)


@pytest.mark.parametrize(
    "name", ["بيت القمر", "سلمى حدّاد", "Nguyễn Thị Hồng", "Þorsteinn Guðlaugsson", "Łukasz Żak", "נועה בן־דוד"]
)
def test_a_name_in_another_script_stays_in_its_article(texts: dict[str, str], name: str) -> None:
    assert any(name in text for text in texts.values())


def test_every_reason_for_removal_occurs_in_the_corpus(intakes: dict[str, Intake]) -> None:
    reasons = Counter(removed.reason for intake in intakes.values() for removed in intake.removed)
    assert reasons.keys() == {
        *("copyright line", "date line", "front matter", "hidden html", "markup", "navigation"),
        *("other language", "repeated description", "repeated title"),
    }


def test_every_gold_line_has_the_fields_of_the_format_and_known_tags(questions: list[Question]) -> None:
    assert len(questions) >= 400
    for q in questions:
        assert FIELDS <= set(q) <= FIELDS | OPTIONAL, q["id"]
        assert set(q["tags"]) <= TAGS, q["id"]
        assert len(q["tags"]) == len(set(q["tags"])), q["id"]


def test_ids_and_questions_are_unique(questions: list[Question]) -> None:
    assert [id_ for id_, n in Counter(q["id"] for q in questions).items() if n > 1] == []
    asked = Counter((q["question"].casefold(), json.dumps(q.get("filters"))) for q in questions)
    assert [question for question, n in asked.items() if n > 1] == []


@pytest.mark.parametrize(("name", "share"), [("answerable", 0.60), ("unanswerable", 0.25), ("changed", 0.15)])
def test_the_kinds_of_questions_have_their_planned_shares(questions: list[Question], name: str, share: float) -> None:
    assert sum(kind(q) == name for q in questions) / len(questions) == pytest.approx(share, abs=0.04)


def test_about_ten_plain_questions_must_pass(questions: list[Question]) -> None:
    must = [q for q in questions if q["must_pass"]]
    assert 8 <= len(must) <= 16
    assert {kind(q) for q in must} == {"answerable"}


def test_every_article_is_asked_about(texts: dict[str, str], questions: list[Question]) -> None:
    assert {article for q in questions for article in q["articles"]} == set(texts)


def test_an_unanswerable_question_names_no_answer_and_no_article(questions: list[Question]) -> None:
    for q in of(questions, "no_answer"):
        assert (q["answers"], q["articles"], q["evidence"]) == ([], [], ""), q["id"]
        assert "unanswerable" in q["tags"], q["id"]


def test_every_tag_is_borne_by_at_least_three_questions(questions: list[Question]) -> None:
    count = Counter(tag for q in questions for tag in q["tags"])
    assert {tag: count[tag] for tag in TAGS if count[tag] < 3} == {}


def test_every_accepted_answer_is_a_slice_of_the_evidence_or_of_the_article_it_is_listed_for(
    texts: dict[str, str], questions: list[Question]
) -> None:
    for q in of(questions, "answer"):
        assert q["answers"], q["id"]
        listed = {span: id_ for id_, spans in q.get("by_article", {}).items() for span in spans}
        assert [s for s, id_ in listed.items() if s not in texts[id_]] == [], q["id"]
        assert [a for a in q["answers"] if a not in q["evidence"] and a not in listed] == [], q["id"]
        assert [a for a in q["answers"] if a != a.strip()] == [], q["id"]


def test_the_evidence_stands_in_the_articles_named_and_in_no_other(
    texts: dict[str, str], questions: list[Question]
) -> None:
    for q in of(questions, "answer", "conflict"):
        holders = {id_ for id_, text in texts.items() if q["evidence"] in text}
        assert q["articles"][0] in holders, f"{q['id']}: not in {q['articles'][0]}: {q['evidence']!r}"
        assert holders <= set(q["articles"]), f"{q['id']}: also in {holders - set(q['articles'])}"


def test_every_article_named_states_an_accepted_answer(texts: dict[str, str], questions: list[Question]) -> None:
    for q in of(questions, "answer"):
        silent = [id_ for id_ in q["articles"] if not any(answer in texts[id_] for answer in q["answers"])]
        assert silent == [], q["id"]


def test_a_conflict_quotes_each_article_and_they_do_not_all_agree(
    texts: dict[str, str], questions: list[Question]
) -> None:
    for q in of(questions, "conflict"):
        said = q["by_article"]
        assert list(said) == q["articles"], q["id"]
        assert [(id_, s) for id_, spans in said.items() for s in spans if s not in texts[id_]] == [], q["id"]
        assert len({spans[0] for spans in said.values()}) > 1, q["id"]
        assert set(q["answers"]) == {s for spans in said.values() for s in spans}, q["id"]
        assert any(s in q["evidence"] for s in said[q["articles"][0]]), q["id"]


def test_a_conflict_prefers_what_no_later_article_contradicts(
    intakes: dict[str, Intake], questions: list[Question]
) -> None:
    for q in of(questions, "conflict"):
        published = {id_: intakes[id_].article.published for id_ in q["articles"]}
        said = {id_: {span.casefold() for span in spans} for id_, spans in q["by_article"].items()}
        others = [day for id_, day in published.items() if day and not said[id_] & said[q["preferred"]]]
        newest = published[q["preferred"]]
        assert newest is not None, q["id"]
        assert newest >= max(others, default=date.min), q["id"]


def test_no_article_has_questions_in_both_halves(questions: list[Question]) -> None:
    halves: dict[str, set[str]] = {}
    for q in questions:
        for article in q["articles"]:
            halves.setdefault(article, set()).add(half(q))
    assert {article: found for article, found in halves.items() if len(found) > 1} == {}


def test_both_halves_are_about_equal_for_every_expectation(questions: list[Question]) -> None:
    count = Counter((q["expect"], half(q)) for q in questions)
    for expected in ("answer", "no_answer", "conflict"):
        assert abs(count[expected, "dev"] - count[expected, "test"]) <= 0.1 * len(of(questions, expected)) + 1, expected


def test_a_filter_keeps_the_articles_that_answer(intakes: dict[str, Intake], questions: list[Question]) -> None:
    filtered = [q for q in questions if "filters" in q]
    assert filtered
    for q in filtered:
        for article in (intakes[id_].article for id_ in q["articles"]):
            published = q["filters"].get("published", {})
            day = article.published.isoformat() if article.published else ""
            assert published.get("gte", "") <= day < published.get("lt", "9999"), q["id"]
            assert article.source in q["filters"].get("source", [article.source]), q["id"]
