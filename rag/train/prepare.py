"""SQuAD JSON -> one file of token arrays: titles in front, windows, casual questions and hard negatives included."""

import hashlib
import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from tokenizers import Tokenizer

from rag import squad
from rag.encode import HEADLINE, PASSAGE, Encoded, Tokens, assemble, load_tokenizer, tokenize

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"“'])")
_STOPWORDS = frozenset(
    "a an the of in on at to for by with from is are was were be been do does did has have had it its that this as and"
    " what which who whom whose how".split()
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What `prepare` does to each question; all shares are probabilities."""

    seed: int = 13
    limit: int = 256  # tokens of a reader input
    short_window: float = 0.5  # share of passages cut to about 100 words, as retrieval does
    title: float = 0.4  # share with the article's title as headline
    sentence_headline: float = 0.12  # share with the paragraph's first sentence as headline
    no_question_mark: float = 0.25
    keywords: float = 0.05
    typo: float = 0.06
    hard_negatives: int = 25_000  # answerable questions shown once more with a paragraph that lacks the answer
    extra_share: float = 0.4  # share kept of the second and later files


def prepare(files: Sequence[Path], tokenizer_path: Path, out: Path, settings: Settings = Settings()) -> None:
    """Writes OUT/examples.npz (flat ids, type ids, lengths, start and end positions) and OUT/prepare.json."""
    rng = random.Random(settings.seed)
    examples = list(squad.read(files[0]))
    paragraphs = list({e.context: e.title for e in examples}.items())
    for path in files[1:]:
        examples += [e for e in squad.read(path) if rng.random() < settings.extra_share]
    print(f"{len(examples)} questions, {len(paragraphs)} paragraphs", flush=True)
    negatives = _hard_negatives(examples, paragraphs, settings, rng)
    print(f"{len(negatives)} hard negatives", flush=True)
    tokenizer = load_tokenizer(tokenizer_path)
    encoded = list(_encode_all([*examples, *negatives], tokenizer, settings, rng))
    out.mkdir(parents=True, exist_ok=True)
    np.savez(
        out / "examples.npz",
        ids=np.concatenate([e.ids for e, _, _ in encoded]).astype(np.uint16),
        type_ids=np.concatenate([e.type_ids for e, _, _ in encoded]).astype(np.uint8),
        lengths=np.array([len(e) for e, _, _ in encoded], dtype=np.int32),
        start=np.array([start for _, start, _ in encoded], dtype=np.int32),
        end=np.array([end for _, _, end in encoded], dtype=np.int32),
    )
    summary = {
        "settings": asdict(settings),
        "data": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "examples": len(encoded),
        "answerable": sum(start > 0 for _, start, _ in encoded),
        "tokens": sum(len(e) for e, _, _ in encoded),
    }
    (out / "prepare.json").write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary), flush=True)


def _hard_negatives(
    examples: list[squad.Example], paragraphs: list[tuple[str, str]], settings: Settings, rng: random.Random
) -> list[squad.Example]:
    """Answerable questions paired with a top TF-IDF paragraph that does not contain any of their answers."""
    chosen = rng.sample([e for e in examples if e.answers and len(e.title) > 0], settings.hard_negatives)
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=np.float32)
    matrix = vectorizer.fit_transform([context for context, _ in paragraphs]).T.tocsr()
    result = []
    for at in range(0, len(chosen), 500):
        batch = chosen[at : at + 500]
        scores = (vectorizer.transform([f"{e.question} {e.title}" for e in batch]) @ matrix).toarray()
        for example, row in zip(batch, scores, strict=True):
            best = np.argpartition(-row, 8)[:8]
            wrong = [i for i in best if not any(a.lower() in paragraphs[i][0].lower() for a, _ in example.answers)]
            if wrong:
                context, title = paragraphs[rng.choice(wrong)]
                result.append(replace(example, context=context, title=title, answers=()))
    return result


def _encode_all(
    examples: Iterable[squad.Example], tokenizer: Tokenizer, settings: Settings, rng: random.Random
) -> Iterable[tuple[Encoded, int, int]]:
    for number, example in enumerate(examples):
        if number % 20_000 == 0:
            print(f"encoded {number}", flush=True)
        headline, cut = "", 0
        if rng.random() < settings.title:
            headline = example.title
        elif rng.random() < settings.sentence_headline and (gap := _SENTENCE.search(example.context)):
            headline, cut = example.context[: gap.start()], gap.end()
        question, head, passage = tokenize(
            tokenizer, [casual(example.question, settings, rng), headline, example.context[cut:]]
        )
        answer = min(example.answers, key=lambda a: a[1], default=None) if example.answers else None
        span, in_headline = None, False
        if answer is not None:
            in_headline = answer[1] < cut
            start = answer[1] if in_headline else answer[1] - cut
            span = _token_span(head if in_headline else passage, start, start + len(answer[0]))
            if span is None:
                continue
        room = settings.limit - len(question) - min(len(head), 48) - 4
        if rng.random() < settings.short_window:
            room = min(room, rng.randint(96, 144))
        passage, shift = _window(passage, None if in_headline else span, room, rng)
        encoded = assemble(tokenizer, question, head, passage, settings.limit)
        if span is None:
            yield encoded, 0, 0
            continue
        part = np.flatnonzero(encoded.part == (HEADLINE if in_headline else PASSAGE))
        first, last = (span[0], span[1]) if in_headline else (span[0] - shift, span[1] - shift)
        if 0 <= first <= last < len(part):
            yield encoded, int(part[first]), int(part[last])


def casual(question: str, settings: Settings, rng: random.Random) -> str:
    """The question as people type it: at times no question mark, keywords only, or a typo."""
    if rng.random() < settings.keywords:
        words = [w for w in question.rstrip("?").split() if w.lower() not in _STOPWORDS]
        question = " ".join(words) if len(words) >= 2 else question
    elif rng.random() < settings.no_question_mark:
        question = question.rstrip("? ")
    if rng.random() < settings.typo:
        words = question.split()
        long = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha()]
        if long:
            at = rng.choice(long)
            spot = rng.randrange(1, len(words[at]) - 1)
            word = words[at]
            words[at] = rng.choice(
                (word[:spot] + word[spot + 1 :], word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :])
            )
            question = " ".join(words)
    return question


def _token_span(tokens: Tokens, start: int, end: int) -> tuple[int, int] | None:
    """First and last token that overlap [start, end), or None."""
    touched = np.flatnonzero((tokens.starts < end) & (tokens.ends > start))
    return (int(touched[0]), int(touched[-1])) if len(touched) else None


def _window(passage: Tokens, span: tuple[int, int] | None, room: int, rng: random.Random) -> tuple[Tokens, int]:
    """At most `room` tokens of the passage that hold the span, and how many were cut off in front."""
    if len(passage) <= room:
        return passage, 0
    first, last = span if span is not None else (rng.randrange(len(passage)),) * 2
    low = max(0, min(last - room + 1, len(passage) - room))
    high = max(low, min(first, len(passage) - room))
    shift = rng.randint(low, high)
    return passage[shift : shift + room], shift
