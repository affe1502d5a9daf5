"""Haystack: BM25 and embeddings of the in-memory store, their ranks joined, and its extractive reader."""

import argparse
import json
import os
from collections.abc import Callable

import torch
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

PASSAGES = 8
LISTED = 50  # by each retriever, as Quoteline does
CPU = ComponentDevice.from_str("cpu")


def build(args: argparse.Namespace) -> None:
    """Embeds every passage and writes the store."""
    lines = map(json.loads, args.passages.read_text(encoding="utf-8").splitlines())
    documents = [Document(id=line["id"], content=f"{line['title']}\n\n{line['text']}") for line in lines]
    embedder = SentenceTransformersDocumentEmbedder(
        model=str(args.embedder), device=CPU, batch_size=64, progress_bar=False
    )
    embedder.warm_up()
    store = InMemoryDocumentStore(return_embedding=False)
    store.write_documents(embedder.run(documents)["documents"])
    store.save_to_disk(str(args.index / "store.json"))


def load(args: argparse.Namespace) -> tuple[Callable[[str], str], int]:
    """Opens the store and joins the components."""
    torch.set_num_threads(args.threads)
    store = InMemoryDocumentStore.load_from_disk(str(args.index / "store.json"))
    pipeline = Pipeline()
    pipeline.add_component(
        "embedder", SentenceTransformersTextEmbedder(model=str(args.embedder), device=CPU, progress_bar=False)
    )
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=LISTED))
    pipeline.add_component("lexical", InMemoryBM25Retriever(store, top_k=LISTED))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=PASSAGES))
    pipeline.add_component(
        "reader", TransformersExtractiveReader(model=str(args.reader), device=CPU, top_k=1, no_answer=False)
    )
    pipeline.connect("embedder.embedding", "dense.query_embedding")
    pipeline.connect("dense.documents", "joiner.documents")
    pipeline.connect("lexical.documents", "joiner.documents")
    pipeline.connect("joiner.documents", "reader.documents")
    pipeline.warm_up()

    def ask(question: str) -> str:
        found = pipeline.run(
            {"embedder": {"text": question}, "lexical": {"query": question}, "reader": {"query": question}}
        )
        return found["reader"]["answers"][0].data or ""

    return ask, os.getpid()
