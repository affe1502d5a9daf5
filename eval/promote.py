"""A reader's thumbs-down becomes a candidate question, for a person to complete and make active."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.gold import Gold
from eval.record import gold_line
from index.errors import QuotelineError
from index.sentences import around

TextOf = Callable[[str], str | None]


class FeedbackError(QuotelineError):
    """Feedback that cannot be read."""

    status = 422
    code = "feedback_unusable"


def read(path: Path) -> list[dict[str, Any]]:
    """Feedback from a file: one JSON object a line, or the document that GET /v1/feedback answers."""
    text = path.read_text(encoding="utf-8")
    try:
        document = json.loads(text)
        return list(document["feedback"]) if "feedback" in document else [document]
    except json.JSONDecodeError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise FeedbackError(f"{path} is no feedback ({error}); save what GET /v1/feedback answers") from None


def candidates(feedback: Iterable[Mapping[str, Any]], known: Iterable[Gold], text_of: TextOf) -> list[Gold]:
    """A candidate for each thumbs-down that is not in the gold yet, in order.

    What was given is rejected. Where the reader marked the right words, they are the answer, and the sentence around
    them the evidence; else both are left for a person.
    """
    taken = {gold.id for gold in known}
    found = []
    for entry in feedback:
        try:
            gold = _candidate(entry, text_of)
        except (KeyError, TypeError, ValueError) as error:
            raise FeedbackError(
                f"feedback {entry.get('id')!r} has no usable {error}; ask a service that keeps question and answer"
            ) from None
        if gold is not None and gold.id not in taken:
            taken.add(gold.id)
            found.append(gold)
    return found


def append(questions: Sequence[Gold], path: Path) -> None:
    """Adds the questions to the end of a gold file, which may not exist yet."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = [json.dumps(gold_line(gold), ensure_ascii=False) for gold in questions]
    path.parent.mkdir(parents=True, exist_ok=True)
    joined = before + ("\n" if before and not before.endswith("\n") else "") + "".join(f"{line}\n" for line in lines)
    path.write_text(joined, encoding="utf-8")


def _candidate(entry: Mapping[str, Any], text_of: TextOf) -> Gold | None:
    if entry["rating"] != "down":
        return None
    given, correct = _given(entry), entry.get("correct")
    said = [str(entry[name]) for name in ("reason", "comment") if entry.get(name)]
    gold = Gold(
        id=f"fb-{entry['answer_id']}",
        question=str(entry["question"]),
        expect="answer",
        rejected_answers=(given,) if given else (),
        tags=("feedback",),
        status="candidate",
        note=" ".join(
            [*said, "" if correct else "Say what is right: answers, articles and evidence, or no_answer."]
        ).strip(),
    )
    text = text_of(correct["article"]) if correct else None
    if not correct or text is None:
        return gold
    start, end = int(correct["start"]), int(correct["end"])
    low, high = around(text, start, end)
    return replace(gold, answers=(text[start:end],), articles=(correct["article"],), evidence=text[low:high])


def _given(entry: Mapping[str, Any]) -> str:
    """The text that was given, "" when the question was declined."""
    answer = entry.get("answer")
    return str(answer["text"] if isinstance(answer, Mapping) else answer or "")
