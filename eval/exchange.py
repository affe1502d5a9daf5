"""Gold questions in and out of SQuAD 2.0 JSON, and their canonical lines."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.gold import Gold, flat
from eval.record import gold_line
from index.sentences import around
from rag import squad

_FIELDS = (
    "id question expect answers rejected_answers articles evidence by_article preferred as_of resolved filters tags"
    " must_pass status note"
).split()
_SHOWN = ("answers", "articles", "evidence", "tags", "must_pass", "status", "note")  # written even when empty


def line(gold: Gold) -> str:
    """The question's canonical line: fields in the order of the format, the usual ones always there."""
    values = gold_line(gold)
    shown: dict[str, Any] = {name: getattr(gold, name) for name in _SHOWN}
    return json.dumps({n: v for n in _FIELDS if (v := values.get(n, shown.get(n))) is not None}, ensure_ascii=False)


def formatted(path: Path, questions: Sequence[Gold]) -> str:
    """The file's text with canonical lines; blank lines stay where they are."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for gold in questions:
        lines[gold.line - 1] = line(gold)
    return "\n".join(lines).rstrip("\n") + "\n"


def import_squad(path: Path, folder: Path) -> tuple[Path, Path]:
    """Writes `folder`/gold.jsonl and `folder`/articles/articles.jsonl, an article for each paragraph; returns both.

    A question is unanswerable there when its own paragraph does not answer it; look whether another one does. Answers
    that are nothing to the scores, such as ".", are left out, as officially; so is a question that has no other.
    """
    articles: dict[str, dict[str, str]] = {}
    golds = []
    for example in squad.read(path):
        if example.context not in articles:
            id = _id(example.title, {article["id"] for article in articles.values()})
            articles[example.context] = {"id": id, "text": example.context}
        gold = _gold(example, articles[example.context]["id"])
        golds += [gold] if gold.answers or gold.expect == "no_answer" else []
    gold_file, article_file = folder / "gold.jsonl", folder / "articles" / "articles.jsonl"
    article_file.parent.mkdir(parents=True, exist_ok=True)
    gold_file.write_text("".join(f"{line(gold)}\n" for gold in golds), encoding="utf-8")
    written = (json.dumps(article, ensure_ascii=False) for article in articles.values())
    article_file.write_text("".join(f"{text}\n" for text in written), encoding="utf-8")
    return gold_file, article_file.parent


def export_squad(questions: Iterable[Gold], texts: Mapping[str, str]) -> dict[str, Any]:
    """SQuAD 2.0 JSON: a paragraph for each article that a question names first, unanswerable questions under an empty
    one. Answers that do not stand in that article word for word are left out."""
    paragraphs: dict[str, list[dict[str, Any]]] = {}
    for gold in questions:
        article = gold.articles[0] if gold.articles else ""
        qa: dict[str, Any] = {"id": gold.id, "question": gold.question, "is_impossible": gold.expect == "no_answer"}
        qa["answers"] = _places(gold, texts.get(article, ""))
        paragraphs.setdefault(article, []).append(qa)
    data = [
        {"title": article, "paragraphs": [{"context": texts.get(article, ""), "qas": qas}]}
        for article, qas in paragraphs.items()
    ]
    return {"version": "v2.0", "data": data}


def _places(gold: Gold, text: str) -> list[dict[str, Any]]:
    """Each answer where it stands in the evidence, else its first place in the article."""
    evidence = re.search(r"\s+".join(map(re.escape, gold.evidence.split())), text) if gold.evidence else None
    found = []
    for answer in gold.answers:
        start = text.find(answer, evidence.start()) if evidence else -1
        start = text.find(answer) if start < 0 else start
        if start >= 0:
            found.append({"text": answer, "answer_start": start})
    return found


def _gold(example: squad.Example, article: str) -> Gold:
    if not example.answers:
        return Gold(example.id, example.question, "no_answer")
    text, start = example.answers[0]
    low, high = around(example.context, start, start + len(text))
    evidence = example.context[low:high]
    answers = tuple(dict.fromkeys(t for t, _ in example.answers if flat(t) in flat(evidence) and squad.normalize(t)))
    return Gold(example.id, example.question, "answer", answers, (article,), evidence)


def _id(title: str, taken: set[str]) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "article"
    return (
        stem if stem not in taken else next(id for n in range(2, len(taken) + 3) if (id := f"{stem}-{n}") not in taken)
    )
