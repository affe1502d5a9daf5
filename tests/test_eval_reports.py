"""Every report is the same verdict: Markdown, JUnit, annotations and the page, of every ending."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from eval.annotations import github
from eval.compare import compare
from eval.gold import Problem
from eval.html import by_tag, html, tiles
from eval.junit import junit
from eval.markdown import LIMIT, markdown
from eval.run import Run
from eval.scores import score
from eval.verdict import STATUS, Verdict
from tests.eval_town import OtherCheckpoint, ask

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd")))
NASTY = "Who said </script><b>|`@all`\n::error::100%\x00 \ud7ff?"


@pytest.fixture(scope="module")
def before() -> Run:
    return replace(ask(), why="as it was")


@pytest.fixture(scope="module")
def worse(before: Run) -> Verdict:
    now = ask(reader=OtherCheckpoint())
    return Verdict(now, compare(before, now), baseline_wanted=True)


@pytest.fixture(scope="module")
def same(before: Run) -> Verdict:
    return Verdict(before, compare(before, before), baseline_wanted=True)


def nasty(run: Run) -> Run:
    one = run.outcomes[0]
    gold = replace(one.gold, question=NASTY, file="a,b:c.jsonl")
    return replace(run, outcomes=(replace(one, gold=gold, prediction=NASTY, answered=True, passed=False),))


@pytest.fixture(scope="module")
def endings(before: Run, worse: Verdict, same: Verdict) -> dict[int, Verdict]:
    failed = replace(before, outcomes=(replace(before.outcomes[0], passed=False, error="RuntimeError: no"),))
    return {
        0: same,
        1: worse,
        3: Verdict(problems=(Problem("gold.jsonl", 7, "the evidence of q-7 stands in no article"),)),
        4: Verdict(failed, baseline_wanted=True),
        5: Verdict(before, trouble="there is no run file baselines/gold.json", baseline_wanted=True),
    }


@pytest.mark.parametrize("code", STATUS)
def test_every_report_of_every_ending_says_so(endings: dict[int, Verdict], code: int) -> None:
    verdict = endings[code]
    assert verdict.exit_code == code
    assert verdict.status in markdown(verdict)
    assert f"exit {code}" in html(verdict)
    cases = etree.fromstring(junit(verdict))
    assert (cases.get("failures") == "0" and cases.get("errors") == "0") is (code == 0)
    assert any(line.startswith("::error") for line in github(verdict)) is (code != 0)


def test_nothing_at_all_is_not_green_anywhere() -> None:
    verdict = Verdict()
    assert verdict.exit_code == 4
    assert "No active question is selected" in markdown(verdict)
    assert etree.fromstring(junit(verdict)).get("errors") == "1"
    assert "run incomplete" in html(verdict)


@pytest.mark.parametrize("code", STATUS)
def test_junit_holds_to_its_schema(endings: dict[int, Verdict], code: int) -> None:
    SCHEMA.assertValid(etree.fromstring(junit(endings[code])))


def test_junit_fails_the_questions_lost_in_a_significant_drop_and_no_others(worse: Verdict) -> None:
    assert worse.comparison is not None
    suite = etree.fromstring(junit(worse)).find("testsuite[@name='questions']")
    assert suite is not None
    lost = {flip.after.gold.id for flip in worse.comparison.flips if flip.lost}
    assert {case.get("name", "").split()[0] for case in suite if case.find("failure") is not None} == lost
    assert (int(suite.get("tests", "")), int(suite.get("failures", ""))) == (len(worse.run.outcomes), len(lost))


def test_a_wrong_answer_that_no_gate_forbids_is_no_junit_failure(before: Run) -> None:
    outcomes = (*before.outcomes[:-1], replace(before.outcomes[-1], passed=False, stage="boundary"))
    root = etree.fromstring(junit(Verdict(replace(before, outcomes=outcomes))))
    assert root.get("failures") == "0"
    assert "did not pass (boundary)" in (root.findtext(".//system-out") or "")


def test_junit_holds_any_text(before: Run) -> None:
    SCHEMA.assertValid(etree.fromstring(junit(Verdict(nasty(before)))))


def test_annotations_point_at_the_gold_line(worse: Verdict) -> None:
    assert worse.comparison is not None
    gold = next(flip.after.gold for flip in worse.comparison.flips if not flip.after.gold.must_pass)
    assert any(line.startswith(f"::error file={gold.file},line={gold.line},title={gold.id} ") for line in github(worse))


def test_a_stale_gold_line_is_annotated_where_it_stands(endings: dict[int, Verdict]) -> None:
    assert list(github(endings[3])) == [
        "::error file=gold.jsonl,line=7,title=gold invalid or stale::the evidence of q-7 stands in no article"
    ]


def test_an_annotation_is_one_line_whatever_the_text(before: Run) -> None:
    one = nasty(before)
    must = replace(one, outcomes=(replace(one.outcomes[0], gold=replace(one.outcomes[0].gold, must_pass=True)),))
    (line,) = github(Verdict(must))
    assert line.startswith("::error file=a%2Cb%3Ac.jsonl,line=")
    assert "\n" not in line
    assert "100%25" in line


def test_markdown_shows_the_flips_first_with_before_and_now(worse: Verdict) -> None:
    text = markdown(worse)
    flip = next(flip for flip in worse.comparison.flips) if worse.comparison else None
    assert flip is not None
    row = next(line for line in text.splitlines() if line.startswith(f"| {flip.after.gold.id} "))
    assert flip.before.prediction in row
    assert "declined" in row
    assert text.index("lost</b>") < text.index("exact McNemar")


def test_markdown_always_fits_a_comment(before: Run) -> None:
    long = [
        replace(
            o,
            gold=replace(o.gold, id=f"q-{at}", question="why " * 400, must_pass=True),
            passed=False,
            prediction="x" * 5000,
        )
        for at, o in enumerate(before.outcomes * 20)
    ]
    now = Run(tuple(long))
    was = replace(now, outcomes=tuple(replace(o, passed=True) for o in long))
    assert len(markdown(Verdict(now, compare(was, now)))) < LIMIT + 100


def test_markdown_neither_mentions_nor_breaks_its_tables(before: Run) -> None:
    one = nasty(before)
    must = replace(one, outcomes=(replace(one.outcomes[0], gold=replace(one.outcomes[0].gold, must_pass=True)),))
    row = next(line for line in markdown(Verdict(must)).splitlines() if "Who said" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 6
    assert "@all" not in row
    assert not re.search(r"(?<!\\)<", row)


def test_the_page_needs_no_network_and_escapes_what_it_shows(before: Run, worse: Verdict) -> None:
    for verdict in (worse, Verdict(nasty(before))):
        page = html(verdict)
        assert not re.search(r"""(src|href)\s*=|@import|url\(|https?://""", page)
        assert "default-src 'none'" in page
        assert page.count("</script>") == 1


def test_the_page_marks_the_words_given_in_their_sentence(same: Verdict) -> None:
    page = html(same)
    outcome = next(o for o in same.run.outcomes if o.quote)
    assert outcome.quote is not None
    assert f"<mark>{outcome.quote.exact}</mark>" in page


def test_every_chart_is_drawn(worse: Verdict) -> None:
    page = html(worse)
    labels = set(re.findall(r'<svg[^>]*aria-label="([^"]+?)(?: of \d+ levels of confidence)?"', page))
    assert labels == {
        "Change with its interval",
        "Risk against coverage",
        "Reliability of confidence",
        "Recall by depth",
        "Latency by stage",
        "Failures by stage",
        "Passed by tag, with 95 % intervals",
    }


def test_latency_from_the_cache_is_not_drawn(same: Verdict) -> None:
    untimed = replace(same.run, outcomes=tuple(replace(o, timings_ms=None) for o in same.run.outcomes))
    page = html(Verdict(untimed))
    assert "Latency by stage" not in page
    assert "Nothing was timed" in page


def test_a_tag_has_its_share_before_only_when_all_its_questions_are_known(before: Run) -> None:
    known = {o.gold.id: o for o in before.outcomes if "odd" not in o.gold.tags or o.gold.id != "q-01"}
    shown = {row.name: row.before for row in by_tag(before.outcomes, known)}
    assert shown == {"even": 1.0, "odd": None, "none": 1.0}


def test_the_page_tells_no_change_where_only_new_questions_fail(before: Run) -> None:
    news = [
        replace(o, gold=replace(o.gold, id=f"new-{o.gold.id}"), passed=False, f1=0.0, answered=False)
        for o in before.outcomes
    ]
    now = replace(before, outcomes=(*before.outcomes, *news))
    kept = (score(before.outcomes), score(before.outcomes))
    assert {tile.name: tile.change for tile in tiles(score(now.outcomes), kept)}["passed"] == 0
    page = html(Verdict(now, compare(before, now, min_effect=0.1), baseline_wanted=True))
    assert "-50.0" not in page
    assert "at least 10 points" in page


def test_a_gate_that_fails_without_a_flip_is_annotated(before: Run) -> None:
    now = replace(before, outcomes=tuple(replace(o, retrieved=("none", *o.retrieved)) for o in before.outcomes))
    verdict = Verdict(now, compare(before, now), baseline_wanted=True)
    assert (verdict.exit_code, verdict.comparison and verdict.comparison.flips) == (1, ())
    assert any(line.startswith("::error") and "MRR@10" in line for line in github(verdict))
