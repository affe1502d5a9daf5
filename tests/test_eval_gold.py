"""Gold files: what is read, what is refused with its line, and what the articles make stale."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gold import Gold, GoldError, check, load
from index.types import Filters

ANSWER = {
    "id": "q-1",
    "question": "Who mends the nets?",
    "expect": "answer",
    "answers": ["Ada Brook"],
    "articles": ["nets"],
    "evidence": "Ada Brook mends the nets.",
}
CONFLICT = ANSWER | {
    "expect": "conflict",
    "answers": ["Ada Brook", "Cy Dunn"],
    "articles": ["nets", "boats"],
    "by_article": {"nets": ["Ada Brook"], "boats": ["Cy Dunn"]},
}
NO_ANSWER = {"id": "q-1", "question": "Who mends the sails?", "expect": "no_answer"}


def write(folder: Path, *lines: object, name: str = "gold.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def problems(*paths: Path) -> list[str]:
    with pytest.raises(GoldError) as caught:
        load(paths)
    return [str(problem) for problem in caught.value.problems]


def test_a_line_is_read_into_a_question_that_knows_where_it_is_written(tmp_path: Path) -> None:
    full = CONFLICT | {
        "filters": {"published": {"gte": "2020-01-01"}, "source": ["gazette"]},
        "tags": ["people"],
        "must_pass": True,
        "status": "active",
        "note": "why",
        "preferred": "boats",
        "as_of": "2020-07",
        "resolved": "2019",
    }
    path = write(tmp_path, "", full)
    (gold,) = load([path])
    assert gold == Gold(
        id="q-1",
        question="Who mends the nets?",
        expect="conflict",
        answers=("Ada Brook", "Cy Dunn"),
        articles=("nets", "boats"),
        evidence="Ada Brook mends the nets.",
        by_article={"nets": ("Ada Brook",), "boats": ("Cy Dunn",)},
        filters=Filters(published_gte=date(2020, 1, 1), source=("gazette",)),
        tags=("people",),
        must_pass=True,
        note="why",
        preferred="boats",
        as_of="2020-07",
        resolved="2019",
    )
    assert (gold.file, gold.line) == (str(path), 2)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "not JSON"),
        ("[]", "JSON list"),
        ("[" * 100_000, "nested too deeply"),
        (NO_ANSWER | {"note": "\ud800"}, "half of a surrogate pair"),
        ('{"id": "a", "id": "b"}', "field 'id' is written twice"),
        (ANSWER | {"anwser": "x"}, "unknown field 'anwser'"),
        (ANSWER | {"id": 7}, "field 'id' is 7; write a text"),
        (ANSWER | {"answers": "Ada Brook"}, "write a list of texts"),
        (ANSWER | {"answers": [1]}, "write a list of texts"),
        (ANSWER | {"must_pass": 1}, "write true or false"),
        (ANSWER | {"status": "done"}, 'write "active" or "candidate"'),
        (ANSWER | {"by_article": {"nets": "Ada Brook"}}, "field 'by_article'"),
        (ANSWER | {"filters": {"published": {"gte": "2020-13-01"}}}, "field 'filters'"),
        (ANSWER | {"filters": {"publisher": ["x"]}}, "field 'filters'"),
        (ANSWER | {"question": " "}, "field 'question' is missing or empty"),
        (ANSWER | {"answers": []}, "'answers' is empty"),
        (ANSWER | {"articles": []}, "'articles' is empty"),
        (ANSWER | {"evidence": ""}, "'evidence' is empty"),
        (ANSWER | {"answers": ["Ada Brook", " "]}, "an answer is blank"),
        (ANSWER | {"answers": ["Bea"]}, "answer 'Bea' is not inside the evidence"),
        (ANSWER | {"by_article": {"nets": ["Ada"]}}, "by_article's 'Ada' is not among 'answers'"),
        (ANSWER | {"by_article": {"boats": ["Ada Brook"]}}, "article 'boats' is not among 'articles'"),
        (ANSWER | {"preferred": "boats"}, "article 'boats' is not among 'articles'"),
        (ANSWER | {"as_of": "last summer"}, "as_of is 'last summer'"),
        (CONFLICT | {"by_article": {"nets": ["Ada Brook", "Cy Dunn"]}}, "fewer than two articles"),
        (CONFLICT | {"by_article": {**CONFLICT["by_article"], "nets": []}}, "by_article's 'nets' says nothing"),
        (NO_ANSWER | {"answers": ["Ada Brook"]}, "expect is 'no_answer', but answers are given"),
        (ANSWER | {"rejected_answers": ["the Ada Brook."]}, "is both among 'answers' and 'rejected_answers'"),
        (ANSWER | {"answers": ["the"]}, "nothing but articles and punctuation"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_its_file_and_line(tmp_path: Path, line: object, says: str) -> None:
    path = write(tmp_path, NO_ANSWER | {"id": "fine"}, line)
    (problem,) = problems(path)
    assert problem.startswith(f"{path}:2: ")
    assert says in problem


def test_all_problems_of_all_files_are_listed(tmp_path: Path) -> None:
    one = write(tmp_path, "{", "[]", name="one.jsonl")
    two = write(tmp_path, "{", name="two.jsonl")
    assert [problem.split(": ")[0] for problem in problems(one, two)] == [f"{one}:1", f"{one}:2", f"{two}:1"]


def test_an_id_is_taken_once_across_files(tmp_path: Path) -> None:
    one = write(tmp_path, ANSWER, name="one.jsonl")
    two = write(tmp_path, NO_ANSWER, name="two.jsonl")
    assert problems(one, two) == [f"{two}:1: id 'q-1' is taken by {one}:1; give one of them another"]


def test_a_line_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"\n\xff\n")
    assert problems(path) == [f"{path}:2: the line is not UTF-8; save the file as UTF-8"]


def test_a_candidate_may_be_unfinished(tmp_path: Path) -> None:
    path = write(tmp_path, {"id": "c-1", "question": "Who?", "expect": "answer", "status": "candidate"})
    assert [gold.status for gold in load([path])] == ["candidate"]


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(NO_ANSWER | {"note": "a\u2028b"}, ensure_ascii=False))
    assert load([path])[0].note == "a\u2028b"


@given(st.text())
def test_any_text_is_refused_with_one_problem_a_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("gold") / "gold.jsonl"
    path.write_text(f"{text}\nx", encoding="utf-8", errors="ignore")
    written = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    assert len(problems(path)) == len(written)


def standings(line: dict[str, object], articles: dict[str, str], tmp_path: Path) -> tuple[str, str | None]:
    (checked,) = check(load([write(tmp_path, line)]), articles)
    return checked.standing, str(checked.problem) if checked.problem else None


def test_evidence_in_its_article_is_ok_whatever_the_white_space(tmp_path: Path) -> None:
    assert standings(ANSWER, {"nets": "News\n\nAda Brook\n mends  the nets. And"}, tmp_path) == ("ok", None)


def test_evidence_in_another_article_has_moved(tmp_path: Path) -> None:
    standing, problem = standings(ANSWER, {"nets": "Nothing.", "boats": "Ada Brook mends the nets."}, tmp_path)
    assert standing == "moved"
    assert problem == f"{tmp_path / 'gold.jsonl'}:1: the evidence of q-1 now stands in 'boats'; name that article"


def test_evidence_in_no_article_is_missing(tmp_path: Path) -> None:
    assert standings(ANSWER, {"nets": "Ada Brook sells the nets."}, tmp_path)[0] == "missing"


def test_a_quote_that_its_article_does_not_say_is_missing(tmp_path: Path) -> None:
    articles = {"nets": "Ada Brook mends the nets.", "boats": "Cyd does."}
    standing, problem = standings(CONFLICT, articles, tmp_path)
    assert standing == "missing"
    assert problem is not None
    assert "'Cy Dunn' of q-1 does not stand in 'boats'" in problem


def test_an_article_that_is_not_there_is_missing(tmp_path: Path) -> None:
    assert standings(CONFLICT, {"nets": "Ada Brook mends the nets."}, tmp_path)[0] == "article_missing"


def test_an_unanswerable_question_is_never_stale(tmp_path: Path) -> None:
    assert standings(NO_ANSWER, {}, tmp_path) == ("ok", None)


def test_the_seed_questions_are_valid(shared: Path) -> None:
    expected = {"answer": 51, "conflict": 4, "no_answer": 17}
    questions = load([shared / "gold" / "seeds.jsonl"])
    assert {kind: sum(gold.expect == kind for gold in questions) for kind in expected} == expected


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"note": "x", "tags": ["x"], "must_pass": True, "id": "q-2"}, True),
        ({"answers": ["Ada"]}, False),
        ({"question": "Who mends nets?"}, False),
        ({"rejected_answers": ["Bea"]}, False),
        ({"filters": {"published": {"gte": "2020-01-01"}}}, False),
    ],
)
def test_a_digest_names_what_is_asked_and_what_is_right(tmp_path: Path, change: dict[str, object], same: bool) -> None:
    (one,), (two,) = load([write(tmp_path, ANSWER)]), load([write(tmp_path, ANSWER | change, name="two.jsonl")])
    assert (one.digest == two.digest) is same
