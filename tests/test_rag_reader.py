"""Reader input, SQuAD scores, and the bundled model itself."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from index.errors import ModelMismatchError
from rag import squad
from rag.confidence import Confidence
from rag.decode import best_spans
from rag.encode import HEADLINE, PASSAGE, QUESTION, SPECIAL, Assembler, assemble, load_tokenizer, tokenize
from rag.load import MODEL, open_answerer
from rag.reader import BertReader, Reader, TransformerReader, load_reader

TOKENIZER = load_tokenizer(MODEL / "tokenizer.json")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return load_reader(MODEL)


def test_an_input_is_question_headline_and_passage_with_their_own_offsets() -> None:
    question, headline, passage = tokenize(TOKENIZER, ["Who won?", "Big day", "Anna won."])
    whole = assemble(TOKENIZER, question, headline, passage, 64)
    assert TOKENIZER.decode(whole.ids.tolist(), skip_special_tokens=False) == (
        "[CLS] who won? [SEP] big day [SEP] anna won. [SEP]"
    )
    kinds = [QUESTION] * 3, [HEADLINE] * 2, [PASSAGE] * 3
    assert whole.part.tolist() == [SPECIAL, *kinds[0], SPECIAL, *kinds[1], SPECIAL, *kinds[2], SPECIAL]
    assert [(s, e) for s, e in zip(whole.starts[8:11], whole.ends[8:11], strict=True)] == [(0, 4), (5, 8), (8, 9)]


def test_without_a_headline_there_is_no_empty_piece() -> None:
    question, headline, passage = tokenize(TOKENIZER, ["Who?", "", "Anna."])
    assert assemble(TOKENIZER, question, headline, passage, 64).part.tolist() == [3, 0, 0, 3, 2, 2, 3]


def test_a_long_passage_is_cut_at_the_limit() -> None:
    question, passage = tokenize(TOKENIZER, ["Who?", "word " * 500])
    assert len(assemble(TOKENIZER, question, None, passage, 100)) == 100


def test_offsets_are_code_points_for_any_script() -> None:
    text = "😀 Müller naïve 東京 won"
    (tokens,) = tokenize(TOKENIZER, [text])
    assert text[tokens.starts[-1] : tokens.ends[-1]] == "won"


def test_a_passage_is_tokenised_once_for_many_questions() -> None:
    class Counting:
        def __init__(self) -> None:
            self.texts: list[str] = []

        def encode_batch(self, texts: list[str], add_special_tokens: bool) -> object:
            self.texts += texts
            return TOKENIZER.encode_batch(texts, add_special_tokens=add_special_tokens)

        def token_to_id(self, token: str) -> int | None:
            return TOKENIZER.token_to_id(token)

    counting = Counting()
    inputs = Assembler(counting)  # type: ignore[arg-type]
    passages = [("News", "Anna won."), ("News", "Bert lost.")]
    both = [inputs(question, passages) for question in ("Who won?", "Who lost?")]
    assert counting.texts == ["Who won?", "News", "Anna won.", "Bert lost.", "Who lost?"]
    assert [len(item) for item in both[0]] == [1 + 3 + 1 + 1 + 1 + 3 + 1] * 2


@pytest.mark.parametrize(
    ("prediction", "golds", "exact", "f1"),
    [
        ("The Cat!", ["cat"], 1.0, 1.0),
        ("black cat", ["cat"], 0.0, 2 * 1 / (2 + 1)),
        ("", [], 1.0, 1.0),
        ("cat", [], 0.0, 0.0),
        ("", ["cat"], 0.0, 0.0),
        ("a cat sat", ["dog", "cat sat down"], 0.0, 2 * 2 / (2 + 3)),
    ],
)
def test_scores_are_those_of_the_official_script(prediction: str, golds: list[str], exact: float, f1: float) -> None:
    assert (squad.exact_match(prediction, golds), squad.f1(prediction, golds)) == (exact, f1)


@pytest.mark.model
def test_the_bundled_reader_points_at_the_answer(reader: Reader) -> None:
    passage = "The ferry Aurelia sank on 3 May off Pell Point. Its captain, Ida Roth, was the last to leave."
    (reading,) = reader.read("Who was the captain of the ferry?", [("Ferry sinks", passage)])
    best = best_spans(reading, "Ferry sinks", passage)[0]
    assert passage[best.span.start : best.span.end] == "Ida Roth"
    assert best.span.score > 0


@pytest.mark.model
def test_a_passage_that_does_not_answer_scores_below_its_null(reader: Reader) -> None:
    passage = "The bakery on Lime Street sells bread from six in the morning."
    (reading,) = reader.read("Who was the captain of the ferry?", [("", passage)])
    assert best_spans(reading, "", passage)[0].span.score < 0


@pytest.mark.model
def test_a_passage_reads_alike_alone_and_beside_others(reader: Reader) -> None:
    passages = [
        ("", "Ida Roth was the captain."),
        ("News", "It rained for a week and nobody came to the harbour. " * 5),
    ]
    together = reader.read("Who was the captain?", passages)
    alone = [reader.read("Who was the captain?", [passage])[0] for passage in passages]
    for passage, one, other in zip(passages, together, alone, strict=True):
        assert np.allclose(one.start, other.start, atol=0.15)
        spans = [best_spans(reading, *passage)[0].span for reading in (one, other)]
        assert (spans[0].start, spans[0].end) == (spans[1].start, spans[1].end)


@pytest.mark.model
@pytest.mark.parametrize(("int8", "apart"), [(False, 0.3), (True, 1.5)])
def test_openvino_and_pytorch_point_at_the_same_spans(int8: bool, apart: float) -> None:
    reader = BertReader(MODEL, int8=int8)
    passages = [
        (
            "Ferry sinks",
            "The ferry Aurelia sank on 3 May off Pell Point. Its captain, Ida Roth, was the last to leave.",
        ),
        ("", "The bakery on Lime Street has sold bread since 1931. It opens at six, and the queue is long by seven."),
        ("Bridge", "The council voted 11 to 6 on Tuesday to replace the old bridge. " + "It rained. " * 100),
    ]
    exact = TransformerReader(MODEL, bf16=False)
    for question in ("Who was the captain?", "When did the ferry sink?", "How long has the bakery sold bread?"):
        for passage, one, other in zip(
            passages, reader.read(question, passages), exact.read(question, passages), strict=True
        ):
            assert np.allclose(one.start, other.start, atol=apart)
            assert np.allclose(one.end, other.end, atol=apart)
            spans = [best_spans(reading, *passage, 1)[0] for reading in (one, other)]
            assert spans[0].span.score < 0 or spans[0].span.start == spans[1].span.start


@pytest.mark.model
def test_a_readers_name_tells_in_what_it_computes() -> None:
    assert BertReader(MODEL, int8=True).name.startswith(f"{BertReader(MODEL, int8=False).name} int8 ")


@pytest.mark.model
def test_the_weights_are_small_enough_to_ship() -> None:
    assert (MODEL / "model.safetensors").stat().st_size <= 50_000_000


@pytest.mark.parametrize("kind", [BertReader, TransformerReader])
def test_weights_that_are_not_their_recipes_are_refused(
    kind: type[BertReader | TransformerReader], tmp_path: Path
) -> None:
    shutil.copytree(MODEL, tmp_path / "model")
    recipe = json.loads((MODEL / "recipe.json").read_text())
    (tmp_path / "model" / "recipe.json").write_text(json.dumps(recipe | {"sha256": "0" * 64}))
    with pytest.raises(ModelMismatchError, match="restore"):
        kind(tmp_path / "model")


def test_a_folder_without_a_reader_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelMismatchError, match=r"lacks model\.safetensors, recipe\.json, tokenizer\.json"):
        load_reader(tmp_path)


def test_a_reader_that_cannot_be_loaded_leaves_the_library_free(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ModelMismatchError, match="is no reader"):
            open_answerer(tmp_path / "data", reader=tmp_path)


@pytest.mark.parametrize("content", [None, "", "[]", '{"bias": 0}'])
def test_a_calibration_that_is_none_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "calibration.json").write_text(content)
    with pytest.raises(ModelMismatchError, match="is no calibration"):
        Confidence.load(tmp_path / "calibration.json")
