"""The loop one would write: sentence-transformers, a flat faiss index, a transformers model over eight passages."""

import argparse
import json
import os
from collections.abc import Callable

import faiss
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

PASSAGES = 8
TOKENS = 30  # of an answer at most


def build(args: argparse.Namespace) -> None:
    """Embeds every passage."""
    embedder = SentenceTransformer(str(args.embedder), device="cpu")
    vectors = embedder.encode(_texts(args), normalize_embeddings=True, batch_size=64, show_progress_bar=False)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(args.index / "flat.faiss"))


def load(args: argparse.Namespace) -> tuple[Callable[[str], str], int]:
    """Opens the index and both models, in float32."""
    torch.set_num_threads(args.threads)
    texts = _texts(args)
    index = faiss.read_index(str(args.index / "flat.faiss"))
    embedder = SentenceTransformer(str(args.embedder), device="cpu")
    tokenizer = AutoTokenizer.from_pretrained(args.reader)
    model = AutoModelForQuestionAnswering.from_pretrained(args.reader, dtype=torch.float32).eval()

    def ask(question: str) -> str:
        vector = embedder.encode([question], normalize_embeddings=True, show_progress_bar=False)
        contexts = [texts[row] for row in index.search(vector, PASSAGES)[1][0]]
        inputs = tokenizer(
            [question] * len(contexts),
            contexts,
            truncation="only_second",
            max_length=512,
            padding=True,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        offsets = inputs.pop("offset_mapping")
        with torch.inference_mode():
            logits = model(**inputs)
        scores = logits.start_logits[:, :, None] + logits.end_logits[:, None, :]
        scores = scores - scores[:, :1, :1]  # against each passage's own no-answer score
        allowed = torch.ones(scores.shape[1:], dtype=torch.bool).triu() & ~torch.ones(scores.shape[1:]).bool().triu(
            TOKENS
        )
        text = torch.tensor([[s == 1 for s in inputs.sequence_ids(row)] for row in range(len(contexts))])
        scores[~(allowed & text[:, :, None] & text[:, None, :])] = -torch.inf
        row, first, last = (int(at) for at in torch.unravel_index(scores.argmax(), scores.shape))
        answer: str = contexts[row][offsets[row, first, 0] : offsets[row, last, 1]]
        return answer

    return ask, os.getpid()


def _texts(args: argparse.Namespace) -> list[str]:
    passages = map(json.loads, args.passages.read_text(encoding="utf-8").splitlines())
    return [f"{passage['title']}\n\n{passage['text']}" for passage in passages]
