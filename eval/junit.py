"""The verdict as JUnit XML: a test case a question, and one for each gate."""

from lxml import etree

from eval.outcome import Outcome
from eval.verdict import Verdict, expected, given


def junit(verdict: Verdict) -> bytes:
    """UTF-8 XML. A wrong answer that no gate forbids is a passed case with a word in system-out.

    A case fails where the gate fails because of it: an invalid citation, a broken must-pass question, a question lost
    in a significant drop. What could not be asked is an error.
    """
    root = etree.Element("testsuites", name="quoteline")
    _suite(root, "questions", [_question(verdict, outcome) for outcome in verdict.run.outcomes])
    _suite(root, "gates", _gates(verdict))
    suites = list(root)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _suite(root: etree._Element, name: str, cases: list[etree._Element]) -> None:
    suite = etree.SubElement(root, "testsuite", name=name)
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for kind in ("failure", "error"):
        suite.set(f"{kind}s", str(sum(case.find(kind) is not None for case in cases)))
    suite.set("skipped", "0")
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _question(verdict: Verdict, outcome: Outcome) -> etree._Element:
    gold = outcome.gold
    total = (outcome.timings_ms or {}).get("total", 0.0) / 1000
    case = etree.Element(
        "testcase", name=_clean(f"{gold.id} {gold.question}"), classname=gold.expect, time=f"{total:.3f}"
    )
    told = f"{gold.file}:{gold.line}\nexpected: {expected(gold)}\ngiven: {given(outcome)}"
    lost = {f.after.gold.id for f in verdict.comparison.flips if f.lost} if verdict.comparison else set()
    if outcome.error is not None:
        _told(case, "error", "not asked", outcome.error, told)
    elif outcome.violations:
        _told(case, "failure", "invalid citation", outcome.violations[0], told)
    elif outcome in verdict.broken:
        _told(case, "failure", "rejected answer" if outcome.rejected else "must pass", outcome.stage or "", told)
    elif gold.id in lost and verdict.comparison and verdict.comparison.failed:
        _told(case, "failure", "passed before", outcome.stage or "", told)
    elif not outcome.passed:
        etree.SubElement(case, "system-out").text = _clean(f"did not pass ({outcome.stage})\n{told}")
    return case


def _gates(verdict: Verdict) -> list[etree._Element]:
    cases = [etree.Element("testcase", name="verdict", classname="gate", time="0")]
    if verdict.exit_code in (3, 4, 5):
        told = "\n".join(map(str, verdict.problems)) or verdict.trouble
        _told(cases[0], "error", verdict.status, verdict.sentence, told)
    elif verdict.exit_code:
        _told(cases[0], "failure", verdict.status, verdict.sentence, "")
    for gate in verdict.comparison.gates if verdict.comparison else ():
        case = etree.Element("testcase", name=gate.name, classname="gate", time="0")
        changed = f"{gate.losses} lost, {gate.gains} gained of {gate.n}"
        told = f"{gate.before:.3f} -> {gate.after:.3f}, {changed}, p {gate.p_holm:.3g}"
        if not gate.passed:
            _told(case, "failure", "significant drop", told, "")
        cases.append(case)
    return cases


def _told(case: etree._Element, kind: str, type: str, message: str, text: str) -> None:
    etree.SubElement(case, kind, type=type, message=_clean(message)).text = _clean(text)


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
