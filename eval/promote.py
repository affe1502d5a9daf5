"""A reader's thumbs-down becomes a candidate question, for a person to complete and make active."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval import fields
from eval.gold import Gold
from eval.record import gold_line
from index.errors import QuotelineError
from rag import feedback


class FeedbackError(QuotelineError):
    """Feedback that cannot be read."""

    status = 422
    code = "feedback_unusable"


def read(path: Path) -> list[dict[str, Any]]:
    """Feedback from a file, one JSON object a line, as a service keeps it in DATA/feedback.jsonl; torn lines are passed
    over, as the service does."""
    found = [record for _, record in feedback.read(path)]
    if not found and path.stat().st_size:
        raise FeedbackError(f"{path} is no feedback; name a service's feedback.jsonl")
    return found


def candidates(given: Iterable[Mapping[str, Any]], known: Iterable[Gold]) -> list[Gold]:
    """A candidate for each thumbs-down that is not in the gold yet, in order.

    What was given is rejected. Where the reader marked the right words, they are the answer, and the sentence around
    them the evidence; else both are left for a person.
    """
    taken = {gold.id for gold in known}
    found = []
    for entry in given:
        try:
            gold = _candidate(entry)
        except (KeyError, TypeError, ValueError) as error:
            raise FeedbackError(
                f"feedback on {entry.get('answer_id')!r} has no usable {error}; take what a service keeps"
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


def _candidate(entry: Mapping[str, Any]) -> Gold | None:
    if entry["rating"] != "down":
        return None
    given, correct = entry["answer"], entry.get("correct")
    said = [str(entry[name]) for name in ("reason", "comment") if entry.get(name)]
    gold = Gold(
        id=f"fb-{entry['answer_id']}",
        question=str(entry["question"]),
        expect="answer",
        rejected_answers=(str(given),) if given else (),
        filters=fields.read_filters(entry.get("filters") or {}),
        tags=("feedback",),
        status="candidate",
        note=" ".join(
            [*said, "" if correct else "Say what is right: answers, articles and evidence, or no_answer."]
        ).strip(),
    )
    if not correct:
        return gold
    exact, evidence = str(correct["exact"]), str(correct["evidence"])
    return replace(gold, answers=(exact,), articles=(str(correct["article"]),), evidence=evidence)
