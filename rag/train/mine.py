"""Hard negatives: what our own retrieval brings for training questions that does not hold their answer.

The training paragraphs become a library, each as an article; every sampled question is searched in it as the service
would search. A passage that holds none of the question's answers is a negative; the passage of the question's own
paragraph that holds the answer is written too, as the service would show it to the reader.
"""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from index.embed import load_embedder
from index.library import Library
from index.types import Filters, Hit
from rag import squad

DEPTH = 8  # passages read for one question at run time
_BATCH = 256


def mine(data: Path, out: Path, questions: int, seed: int = 13) -> None:
    """Writes OUT/mined.jsonl, one retrieved passage a line: question id, title, passage and answers as (text, start).

    OUT/library keeps the paragraphs; a second run embeds nothing, nor does `eval bench squad --open` over it. Passages
    that such a bench has added are found, but never written: nothing of a development set is trained on.
    """
    examples = list(squad.read(data))
    contexts = dict.fromkeys(example.context for example in examples)
    paragraphs = {context: f"{data.name}:{number:06}" for number, context in enumerate(contexts)}
    trained_on = frozenset(paragraphs.values())
    titles = {e.context: e.title for e in examples}
    chosen = random.Random(seed).sample(examples, min(questions, len(examples)))
    out.mkdir(parents=True, exist_ok=True)
    embedder = load_embedder()
    with Library.open(out / "library", embedder) as library:
        intakes = (squad.article(id, titles[context], context) for context, id in paragraphs.items())
        for number, _ in enumerate(library.add(intakes)):
            if number % 1000 == 0:
                print(f"{number} paragraphs in the library", flush=True)
        written = 0
        with (out / "mined.jsonl").open("w", encoding="utf-8") as file:
            for at in range(0, len(chosen), _BATCH):
                batch = chosen[at : at + _BATCH]
                vectors = embedder.encode([e.question for e in batch])
                for example, vector in zip(batch, vectors, strict=True):
                    hits = library.search_vector(example.question, vector, DEPTH, Filters()).hits
                    found = [hit for hit in hits if hit.article.id in trained_on]
                    for line in _lines(example, paragraphs[example.context], found):
                        file.write(json.dumps(line, ensure_ascii=False) + "\n")
                        written += 1
                print(f"{at + len(batch)} questions, {written} passages", flush=True)


def _lines(example: squad.Example, own: str, hits: Sequence[Hit]) -> Iterator[dict[str, object]]:
    """The usable hits of one question, in order; `rank` counts from 0, `about` is the question's own title."""
    texts = [squad.normalize(text) for text, _ in example.answers]
    for rank, hit in enumerate(hits):
        line = {
            "id": example.id,
            "question": example.question,
            "about": example.title,
            "answerable": bool(example.answers),
            "title": hit.article.title,
            "rank": rank,
        }
        passage = hit.passage.text
        holds = any(text in squad.normalize(passage) for text in texts)
        if not holds:
            yield {**line, "context": passage, "answers": []}
        elif hit.article.id == own:
            text = hit.article.text
            context = example.context.strip()
            shift = len(text) - len(context) - example.context.index(context) - hit.passage.start
            inside = [(answer, start + shift) for answer, start in example.answers if start + shift >= 0]
            inside = [(answer, start) for answer, start in inside if passage[start : start + len(answer)] == answer]
            if inside:
                yield {**line, "context": passage, "answers": inside}
