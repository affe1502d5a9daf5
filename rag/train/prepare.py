"""SQuAD JSON and retrieved passages -> one file of token arrays.

Titles in front, windows, casual questions, hard negatives and questions made unanswerable are all decided here.
"""

import hashlib
import json
import random
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from rag import squad
from rag.encode import HEADLINE, PASSAGE, Encoded, Tokens, assemble, load_tokenizer, tokenize
from rag.train.augment import SENTENCE, casual, swapped
from rag.train.material import held_out_titles, retrieved, taken
from rag.train.rename import Names, renamed

NEWS = Path(__file__).with_name("news.json")  # invented news with questions, written for this project
ENCYCLOPEDIA = Path(__file__).with_name("encyclopedia.json")  # and articles of an invented encyclopedia
ARCHIVES = Path(__file__).with_name("archives.json")  # and sets of articles on one subject, each with rivals' facts
_TAUGHT = ("questions", "retrieved", "swapped")
_UNTAUGHT = ("news", "news retrieved", "encyclopedia", "archives", "archives retrieved")


@dataclass(frozen=True, slots=True)
class Settings:
    """What `prepare` does with each question; shares are probabilities."""

    seed: int = 13
    limit: int = 256  # tokens of a reader input
    answerable_share: float = 1.0  # share kept of the main file's answerable questions
    unanswerable_share: float = 1.0  # and of its others
    extra_share: float = 0.4  # share kept of the second and later files
    news: float = 0  # times that each question of NEWS is taken, each time made casual, cut and headed anew
    encyclopedia: float = 0  # and each of ENCYCLOPEDIA
    archives: float = 0  # and each of ARCHIVES
    archives_last: int = 0  # of those only the last articles, so many; 0: all
    negatives: int = 30_000  # retrieved passages without the answer
    positives: int = 30_000  # retrieved passages with the answer
    news_retrieved: int = 0  # of both, each, for questions of NEWS
    archives_retrieved: int = 0  # of both, each, for questions of ARCHIVES, those without an answer too
    renamed: float = 0  # share of all these invented texts that are told under other names
    swaps: int = 15_000  # answerable questions asked about another name or year, which makes them unanswerable
    near_swaps: float = 0.5  # share of these that are tried with a name of the same paragraph
    short_window: float = 0.5  # share of passages cut to about 100 words, as retrieval does
    title: float = 0.4  # share with the article's title as headline
    sentence_headline: float = 0.12  # share of the others with the paragraph's first sentence as headline
    no_question_mark: float = 0.25
    keywords: float = 0.05
    typo: float = 0.06


def prepare(files: Sequence[Path], tokenizer_path: Path, out: Path, settings: Settings = Settings()) -> None:
    """Writes OUT/examples.npz (flat ids, type ids, lengths, start and end positions, untaught) and OUT/prepare.json.

    untaught are the invented texts: a teacher that never saw their like would only teach its own mistakes about them.
    OUT/mined.jsonl, and OUT/news/mined.jsonl and OUT/archives/mined.jsonl for these, give the retrieved passages (see
    rag.train.mine). Each part has random numbers of its own, so that another number of news, say, leaves the others as
    they are.
    """
    offered = (
        ("news", NEWS, settings.news, 0),
        ("encyclopedia", ENCYCLOPEDIA, settings.encyclopedia, 0),
        ("archives", ARCHIVES, settings.archives, settings.archives_last),
    )
    invented = {name: (path, times, last) for name, path, times, last in offered if times}
    main = list(squad.read(files[0]))
    held_out = held_out_titles(main)
    main = [e for e in main if e.title not in held_out]
    shares = {True: settings.answerable_share, False: settings.unanswerable_share}
    draws = {name: random.Random(f"{settings.seed} {name}") for name in (*_TAUGHT, *_UNTAUGHT)}
    examples = [e for e in main if draws["questions"].random() < shares[bool(e.answers)]]
    for path in files[1:]:
        examples += [e for e in squad.read(path) if draws["questions"].random() < settings.extra_share]
    sizes = settings.negatives, settings.positives
    of_news = settings.news_retrieved, settings.news_retrieved
    of_archives = settings.archives_retrieved, settings.archives_retrieved
    parts = {
        "questions": examples,
        "retrieved": retrieved(out / "mined.jsonl", *sizes, draws["retrieved"], held_out=held_out),
        "swapped": list(swapped(main, settings.swaps, settings.near_swaps, draws["swapped"])),
        **{name: taken(*how, draws[name]) for name, how in invented.items()},
        "news retrieved": retrieved(out / "news" / "mined.jsonl", *of_news, draws["news retrieved"]),
        "archives retrieved": retrieved(
            out / "archives" / "mined.jsonl", *of_archives, draws["archives retrieved"], unanswerable=True
        ),
    }
    if settings.renamed:
        names = Names(dict.fromkeys(e.context for path, *_ in invented.values() for e in squad.read(path)))
        other = random.Random(f"{settings.seed} renamed")
        parts |= {name: renamed(parts[name], names, settings.renamed, other) for name in _UNTAUGHT if name in parts}
    print({name: len(part) for name, part in parts.items()}, flush=True)
    tokenizer = load_tokenizer(tokenizer_path)
    shutil.copyfile(tokenizer_path, out / "tokenizer.json")
    by_part = {name: list(_encode_all(part, tokenizer, settings, draws[name])) for name, part in parts.items()}
    encoded = [e for part in by_part.values() for e in part]
    np.savez(
        out / "examples.npz",
        ids=np.concatenate([e.ids for e, _, _ in encoded]).astype(np.uint16),
        type_ids=np.concatenate([e.type_ids for e, _, _ in encoded]).astype(np.uint8),
        lengths=np.array([len(e) for e, _, _ in encoded], dtype=np.int32),
        start=np.array([start for _, start, _ in encoded], dtype=np.int32),
        end=np.array([end for _, _, end in encoded], dtype=np.int32),
        untaught=np.repeat([name in _UNTAUGHT for name in by_part], [len(part) for part in by_part.values()]),
    )
    summary = {
        "settings": asdict(settings),
        "data": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (*files, *(path for path, *_ in invented.values()))
        },
        "parts": {name: len(part) for name, part in parts.items()},
        "examples": len(encoded),
        "answerable": sum(start > 0 for _, start, _ in encoded),
        "tokens": sum(len(e) for e, _, _ in encoded),
    }
    (out / "prepare.json").write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary), flush=True)


def _encode_all(
    examples: Iterable[squad.Example], tokenizer: Tokenizer, settings: Settings, rng: random.Random
) -> Iterable[tuple[Encoded, int, int]]:
    for number, example in enumerate(examples):
        if number % 20_000 == 0:
            print(f"encoded {number}", flush=True)
        headline, cut = "", 0
        if rng.random() < settings.title:
            headline = example.title
        elif rng.random() < settings.sentence_headline and (gap := SENTENCE.search(example.context)):
            headline, cut = example.context[: gap.start()], gap.end()
        asked = casual(example.question, settings.keywords, settings.no_question_mark, settings.typo, rng)
        question, head, passage = tokenize(tokenizer, [asked, headline, example.context[cut:]])
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
