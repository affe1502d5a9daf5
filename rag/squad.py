"""SQuAD: its file format and its scores.

Scores follow the official evaluation script (Rajpurkar et al. 2016 and 2018): lower case, no punctuation, no
articles, single spaces; exact match is 0 or 1, F1 is over tokens, and an unanswerable question scores 1 only for "".
"""

import gzip
import json
import re
import string
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.types import Article, Intake, content_hash

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
RIGHT = 0.6  # token F1 from which an answer counts as right: what confidence is fitted on and judged by


@dataclass(frozen=True, slots=True)
class Example:
    """One question on one paragraph; `answers` are (text, start in code points), empty when unanswerable."""

    id: str
    title: str
    context: str
    question: str
    answers: tuple[tuple[str, int], ...]


def read(path: Path) -> Iterator[Example]:
    """Every question of a SQuAD JSON file (1.1 or 2.0, plain or gzipped), in file order."""
    raw = path.read_bytes()
    document = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    for article in document["data"]:
        title = str(article.get("title", "")).replace("_", " ")
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                answers = (
                    () if qa.get("is_impossible") else tuple((a["text"], a["answer_start"]) for a in qa["answers"])
                )
                yield Example(qa["id"], title, paragraph["context"], qa["question"], answers)


def article(id: str, title: str, context: str) -> Intake:
    """A paragraph as an article of its own: the title is its headline, and the context ends its text."""
    text = f"{title}\n\n{context.strip()}" if title else context.strip()
    made = Article(id, title, text, url=None, source="squad", published=None, language="en", sha256="")
    return Intake(replace(made, sha256=content_hash(made)))


def normalize(text: str) -> str:
    """The official normalisation, under which two answers count as the same."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """1.0 when the prediction equals any gold answer after normalisation; no golds means ""."""
    return float(any(normalize(prediction) == normalize(gold) for gold in golds or ("",)))


def f1(prediction: str, golds: Sequence[str]) -> float:
    """The best token F1 against any gold answer; no golds means ""."""
    return max(_f1(normalize(prediction).split(), normalize(gold).split()) for gold in golds or ("",))


def _f1(prediction: list[str], gold: list[str]) -> float:
    if not prediction or not gold:
        return float(prediction == gold)
    common = sum((Counter(prediction) & Counter(gold)).values())
    return 2 * common / (len(prediction) + len(gold))
