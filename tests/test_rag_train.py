"""Training of the reader, on a tiny encoder: it learns, and one that was broken off ends with the same weights."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

from rag.train.deepen import deepen
from rag.train.dropout import PooledDropout, use_dropout
from rag.train.encoder import computed_in, load_base
from rag.train.examples import Examples, pieces_of
from rag.train.export import export
from rag.train.teach import mix_in, take_recorded, teach
from rag.train.train import Settings, train

SETTINGS = Settings(epochs=20, tokens=320, learning_rate=1e-2, checkpoint_every=5)
MARK = 7  # the answer is the token of this number


class BrokenOffError(Exception):
    """The machine went away."""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What training sets for the whole process ends with it; one thread, as more only wait for each other here."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    torch.set_flush_denormal(False)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    torch.manual_seed(1)
    config = BertConfig(vocab_size=40, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    BertModel(config).save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    ids = rng.integers(8, 40, (40, 12))
    answers = rng.integers(1, 12, 40)
    ids[np.arange(40), answers] = MARK
    folder = tmp_path / "work"
    folder.mkdir()
    np.savez(
        folder / "examples.npz",
        ids=ids.ravel().astype(np.uint16),
        type_ids=np.zeros(ids.size, np.uint8),
        lengths=np.full(40, 12, np.int32),
        start=answers.astype(np.int32),
        end=answers.astype(np.int32),
    )
    (folder / "prepare.json").write_text("{}")
    return folder


def weights(work: Path, kind: str) -> dict[str, torch.Tensor]:
    """Of the newest checkpoint."""
    found: dict[str, torch.Tensor] = torch.load(work / "checkpoint.pt", weights_only=True)[kind]
    return found


def test_it_learns_and_goes_on_where_it_was_broken_off(
    base: Path, work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    train(work, base, SETTINGS)
    losses = [json.loads(line)["loss"] for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert losses[-1] < losses[0] / 2
    expected = {kind: weights(work, kind) for kind in ("model", "average")}
    (work / "checkpoint.pt").unlink()

    tensors, seen = Examples.tensors, []

    def breaking(self: Examples, batch: np.ndarray) -> tuple[torch.Tensor, ...]:
        seen.append(batch)
        if len(seen) == 63:
            raise BrokenOffError
        return tensors(self, batch)

    monkeypatch.setattr(Examples, "tensors", breaking)
    with pytest.raises(BrokenOffError):
        train(work, base, SETTINGS)
    train(work, base, SETTINGS)
    assert "from step 60" in capsys.readouterr().out
    for kind, tensors_of in expected.items():
        found = weights(work, kind)
        assert all(torch.equal(found[name], tensor) for name, tensor in tensors_of.items())


def test_a_checkpoint_of_other_settings_is_not_gone_on_with(base: Path, work: Path) -> None:
    train(work, base, Settings(epochs=1, tokens=320))
    with pytest.raises(SystemExit, match="other settings"):
        train(work, base, Settings(epochs=2, tokens=320))


def test_a_run_from_another_ones_weights_tells_of_both(base: Path, work: Path) -> None:
    train(work, base, Settings(epochs=1, tokens=320))
    before = work / "before.pt"
    (work / "checkpoint.pt").rename(before)
    train(work, base, Settings(epochs=1, tokens=320, learning_rate=0.0), before)
    saved = torch.load(work / "checkpoint.pt", weights_only=True)
    assert len(saved["stages"]) == 2
    earlier = torch.load(before, weights_only=True)["model"]
    assert all(torch.equal(saved["model"][name], tensor) for name, tensor in earlier.items())


def test_a_run_may_start_from_an_exported_reader(base: Path, work: Path) -> None:
    (base / "tokenizer.json").write_text("{}")
    train(work, base, Settings(epochs=1, tokens=320))
    export(work, base, work / "reader", "first")
    (work / "checkpoint.pt").unlink()
    train(work, base, Settings(epochs=1, tokens=320, learning_rate=0.0), work / "reader")
    saved = torch.load(work / "checkpoint.pt", weights_only=True)
    assert len(saved["stages"]) == 2
    exported = load_file(work / "reader" / "model.safetensors")
    assert all(torch.equal(saved["model"][name], tensor.float()) for name, tensor in exported.items())


def test_a_reader_may_be_averaged_with_the_one_it_began_from(base: Path, work: Path) -> None:
    (base / "tokenizer.json").write_text("{}")
    train(work, base, SETTINGS)
    export(work, base, work / "first", "first", averaged=False)
    (work / "checkpoint.pt").unlink()
    train(work, base, SETTINGS, work / "first")
    export(work, base, work / "second", "second", averaged=False)
    export(work, base, work / "mean", "mean", averaged=False, beside=work / "first")
    export(work, base, work / "more", "more", averaged=False, beside=work / "first", share=0.8)
    first, second, mean, more = (load_file(work / n / "model.safetensors") for n in ("first", "second", "mean", "more"))
    assert any(not torch.equal(first[name], second[name]) for name in mean)
    assert all(torch.allclose(mean[name], (first[name] + second[name]) / 2, atol=2e-3) for name in mean)
    assert all(torch.allclose(more[name], 0.2 * first[name] + 0.8 * second[name], atol=2e-3) for name in more)
    recipes = [json.loads((work / name / "recipe.json").read_text()) for name in ("first", "mean", "more")]
    assert [recipe["averaged_with"] for recipe in recipes] == [None, recipes[0]["sha256"], recipes[0]["sha256"]]
    assert [recipe["share"] for recipe in recipes] == [None, 0.5, 0.8]


def test_an_encoder_with_the_same_pieces_under_other_numbers_is_trained_on_the_same_examples(
    work: Path, tmp_path: Path
) -> None:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"piece{n}" for n in range(4, 40))]
    base = tmp_path / "mpnet"
    config = MPNetConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    MPNetModel(config).save_pretrained(base)
    for path, words in (
        (work / "tokenizer.json", pieces),
        (base / "tokenizer.json", ["<s>", "<pad>", "</s>", "more", *pieces]),
    ):
        Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]")).save(str(path))
    found = pieces_of(base, work / "tokenizer.json")
    assert found is not None
    assert found.tolist() == [1, 5, 0, 2, *range(8, 44)]
    assert pieces_of(base, base / "tokenizer.json") is None
    train(work, base, replace(SETTINGS, epochs=2))
    assert torch.load(work / "checkpoint.pt", weights_only=True)["step"] > 0


def test_frozen_layers_and_what_lies_below_them_stay_as_they_are(work: Path, tmp_path: Path) -> None:
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    for kind, config in ((BertModel, BertConfig), (MPNetModel, MPNetConfig)):
        kind(config(vocab_size=40, **sizes)).save_pretrained(tmp_path / kind.__name__)
        train(work, tmp_path / kind.__name__, replace(SETTINGS, epochs=2, frozen=1))
        before, after = load_file(tmp_path / kind.__name__ / "model.safetensors"), weights(work, "model")
        after = {name.partition(".")[2]: weight for name, weight in after.items()}
        moved = {name for name in before.keys() & after.keys() if not torch.equal(before[name], after[name])}
        assert {name[: len("encoder.layer.1.")] for name in moved} == {"encoder.layer.1."}
        (work / "checkpoint.pt").unlink()


def test_a_pupil_learns_from_a_teacher_what_its_own_labels_do_not_say(
    base: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(SETTINGS, average=0.9)
    train(work, base, settings)
    (work / "checkpoint.pt").rename(work / "teacher.pt")
    monkeypatch.setattr("rag.train.teach._BATCH", 320)
    monkeypatch.setattr("rag.train.teach._SAVED", 1)
    tensors, seen = Examples.tensors, []

    def breaking(self: Examples, batch: np.ndarray) -> tuple[torch.Tensor, ...]:
        seen.append(len(batch))
        if len(seen) == 3:
            raise BrokenOffError
        return tensors(self, batch)

    with monkeypatch.context() as broken:
        broken.setattr(Examples, "tensors", breaking)
        with pytest.raises(BrokenOffError):
            teach(work, base, work / "teacher.pt")
    teach(work, base, work / "teacher.pt")
    arrays = dict(np.load(work / "examples.npz"))
    starts = np.load(work / "taught.npy").reshape(40, 12, 2).astype(np.float32)[:, :, 0].argmax(1)
    assert (starts == arrays["start"]).mean() > 0.9
    np.savez(work / "examples.npz", **(arrays | {"start": np.zeros(40, np.int32), "end": np.zeros(40, np.int32)}))
    train(work, base, replace(settings, taught=1.0))
    (work / "checkpoint.pt").rename(work / "pupil.pt")
    (stage,) = torch.load(work / "pupil.pt", weights_only=True)["stages"]
    assert len(stage["taught_by"]["stages"]) == 1
    (work / "taught.npy").unlink()
    teach(work, base, work / "pupil.pt")
    said = np.load(work / "taught.npy").reshape(40, 12, 2).astype(np.float32)[:, :, 0].argmax(1)
    assert (said == arrays["start"]).mean() > 0.9


def test_what_is_untaught_is_learnt_from_its_labels_alone(base: Path, work: Path) -> None:
    arrays = dict(np.load(work / "examples.npz"))
    np.savez(work / "examples.npz", **arrays, untaught=np.ones(40, dtype=np.bool_))
    np.save(work / "taught.npy", np.zeros((arrays["ids"].size, 2), np.float16))
    (work / "taught.json").write_text("{}")
    train(work, base, replace(SETTINGS, average=0.9, taught=1.0))
    teach(work, base, work / "checkpoint.pt")
    assert not np.load(work / "taught.npy").any()  # nobody is taught them, so no teacher reads them
    np.savez(work / "examples.npz", **arrays)
    teach(work, base, work / "checkpoint.pt")
    said = np.load(work / "taught.npy").reshape(40, 12, 2).astype(np.float32)[:, :, 0].argmax(1)
    assert (said == arrays["start"]).mean() > 0.9


def test_what_a_teacher_said_in_its_training_teaches_the_examples_that_it_has_seen(base: Path, work: Path) -> None:
    train(work, base, replace(SETTINGS, average=0.9, recorded=0.5))
    arrays = dict(np.load(work / "examples.npz"))
    said = np.load(work / "recorded.npy").reshape(40, 12, 2)
    assert (said.astype(np.float32)[:, :, 0].argmax(1) == arrays["start"]).mean() > 0.9
    known = said.any(axis=(1, 2)).sum()
    order = np.random.default_rng(2).permutation(40)
    other = arrays["ids"].reshape(40, 12)[order]
    other[0, 1] = 39 if other[0, 1] == 38 else 38  # an example that the teacher has never seen
    pupil = work.with_name("pupil")
    pupil.mkdir()
    np.savez(pupil / "examples.npz", **(arrays | {"ids": other.ravel()}))
    (pupil / "taught.part.npy").write_text("left by a teaching that was broken off")
    assert take_recorded(pupil, work) == known - said[order[0]].any()
    taught = np.load(pupil / "taught.npy").reshape(40, 12, 2)
    assert not taught[0].any()
    assert np.array_equal(taught[1:], said[order[1:]])
    assert json.loads((pupil / "taught.json").read_text())["stages"]


def test_a_reader_is_mixed_into_what_is_taught_of_what_may_be(base: Path, work: Path) -> None:
    train(work, base, replace(SETTINGS, average=0.9))
    teach(work, base, work / "checkpoint.pt")
    alone = np.load(work / "taught.npy").astype(np.float32).reshape(40, 12, 2)
    alone -= np.logaddexp.reduce(alone, axis=1, keepdims=True)
    other = np.random.default_rng(3).normal(size=(40, 12, 2)).astype(np.float16)
    other[0] = 0  # no teacher has read it
    np.save(work / "taught.npy", other.reshape(480, 2))
    arrays = dict(np.load(work / "examples.npz"))
    np.savez(work / "examples.npz", **arrays, untaught=np.arange(40) == 1)
    assert mix_in(work, base, work / "checkpoint.pt", 0.25) == 38
    mixed = np.load(work / "taught.npy").reshape(40, 12, 2)
    assert np.array_equal(mixed[:2], other[:2])
    theirs = other.astype(np.float32)
    theirs -= np.logaddexp.reduce(theirs, axis=1, keepdims=True)
    assert np.abs(mixed[2:] - (0.25 * alone + 0.75 * theirs)[2:]).max() < 0.02
    mix_in(work, base, work / "checkpoint.pt", 0.5)
    shares = [mixed["share"] for mixed in json.loads((work / "taught.json").read_text())["mixed_in"]]
    assert shares == [0.25, 0.5]


def test_what_a_teacher_should_have_read_and_has_not_is_left_out(work: Path) -> None:
    arrays = dict(np.load(work / "examples.npz"))
    logits = np.ones((40, 12, 2), np.float16)
    logits[10:] = 0
    np.savez(work / "examples.npz", **arrays, untaught=np.arange(40) >= 30)
    examples = Examples(work / "examples.npz")
    among = examples.to_learn(logits.reshape(-1, 2))
    taken = np.concatenate(examples.batches(32, 1, 1, among))
    assert sorted(taken.tolist()) == [*range(10), *range(30, 40)]


def test_what_the_teacher_is_right_about_and_sure_of_need_not_be_learnt_again(
    base: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = dict(np.load(work / "examples.npz"))
    logits = np.zeros((40, 12, 2), np.float16)
    logits[np.arange(10), arrays["start"][:10]] = 9  # right and sure
    logits[np.arange(10, 20), arrays["start"][10:20]] = 2  # right, not sure
    logits[np.arange(20, 30), (arrays["start"][20:30] + 1) % 12] = 9  # sure, not right
    np.save(work / "taught.npy", logits.reshape(-1, 2))
    (work / "taught.json").write_text("{}")
    np.savez(work / "examples.npz", **arrays, untaught=np.arange(40) >= 30)
    assert Examples(work / "examples.npz").known(logits.reshape(-1, 2)).tolist() == [True] * 10 + [False] * 30
    seen: set[int] = set()
    tensors = Examples.tensors

    def watched(self: Examples, batch: np.ndarray) -> tuple[torch.Tensor, ...]:
        seen.update(batch.tolist())
        return tensors(self, batch)

    monkeypatch.setattr(Examples, "tensors", watched)
    train(work, base, replace(SETTINGS, epochs=1, tokens=32, taught=0.5, known=0.0))
    assert seen == set(range(10, 40))


def test_recording_begins_with_the_share_of_the_steps_that_is_said_and_survives_a_break(
    base: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(SETTINGS, epochs=1, tokens=32, recorded=0.5, checkpoint_every=1)
    keep, kept = Examples.keep, []

    def breaking(self: Examples, found: np.ndarray, logits: np.ndarray, batch: np.ndarray) -> None:
        kept.extend(batch.tolist())
        if len(kept) == 5:
            raise BrokenOffError
        keep(self, found, logits, batch)

    np.save(work / "recorded.npy", np.ones((480, 2), np.float16))  # left by a run whose checkpoint is gone
    with monkeypatch.context() as broken:
        broken.setattr(Examples, "keep", breaking)
        with pytest.raises(BrokenOffError):
            train(work, base, settings)
    train(work, base, settings)
    batches = Examples(work / "examples.npz").batches(32, 1, settings.seed)
    last = np.concatenate(batches[len(batches) // 2 :])
    said = np.load(work / "recorded.npy").reshape(40, 12, 2)
    assert set(np.flatnonzero(said.any(axis=(1, 2)))) == set(last.tolist())


def test_a_reader_is_its_own_teacher_by_its_folder(base: Path, work: Path) -> None:
    (base / "tokenizer.json").write_text("{}")
    train(work, base, Settings(epochs=1, tokens=320))
    export(work, base, work / "reader", "first", averaged=False)
    teach(work, base, work / "reader")
    by_folder = np.load(work / "taught.npy")
    recipe = json.loads((work / "reader" / "recipe.json").read_text())
    assert json.loads((work / "taught.json").read_text())["reader"] == recipe["sha256"]
    teach(work, base, work / "checkpoint.pt")
    assert np.allclose(by_folder, np.load(work / "taught.npy"), atol=0.05)
    assert json.loads((work / "taught.json").read_text())["stages"]


def test_a_deeper_reader_has_one_layer_twice_and_is_trained_further(work: Path, tmp_path: Path) -> None:
    config = BertConfig(vocab_size=40, hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64)
    base, reader, deeper = tmp_path / "base", tmp_path / "reader", tmp_path / "deeper"
    BertModel(config).save_pretrained(base)
    (base / "tokenizer.json").write_text("{}")
    train(work, base, replace(SETTINGS, epochs=1))
    export(work, base, reader, "shallow")
    deepen(reader, deeper, 2)
    before, after = (load_file(folder / "model.safetensors") for folder in (reader, deeper))
    for layer, source in enumerate((0, 1, 1, 2)):
        part = f"bert.encoder.layer.{layer}."
        copied = {name for name in after if name.startswith(part)}
        assert copied
        assert all(
            torch.equal(after[name], before[name.replace(part, f"bert.encoder.layer.{source}.")]) for name in copied
        )
    (work / "checkpoint.pt").unlink()
    train(work, deeper, replace(SETTINGS, epochs=1), deeper)
    stages = torch.load(work / "checkpoint.pt", weights_only=True)["stages"]
    assert [stage.get("repeated_layer") for stage in stages] == [None, 2, None]
    with pytest.raises(SystemExit, match="no layer 4"):
        deepen(reader, deeper, 4)


def test_dropout_leaves_the_attention_of_both_kinds_of_encoder_alone(base: Path, tmp_path: Path) -> None:
    config = MPNetConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    MPNetModel(config).save_pretrained(tmp_path / "mpnet")
    for folder in (base, tmp_path / "mpnet"):
        model = load_base(folder)
        use_dropout(model, 0.1)
        kinds = [type(module).__name__ for module in model.modules()]
        assert (kinds.count("PooledDropout"), kinds.count("Dropout")) == (3, 1)


def test_pooled_dropout_sets_its_share_to_nothing_and_keeps_the_mean(base: Path) -> None:
    model = load_base(base)
    use_dropout(model, 0.25)
    dropouts = [module for module in model.modules() if isinstance(module, PooledDropout)]
    assert len(dropouts) == 1 + 2  # after the embeddings, and twice in the one layer
    ones = torch.ones(64, 1024)
    dropped = dropouts[0].train()(ones)
    assert abs(float((dropped == 0).float().mean()) - 0.25) < 0.01
    assert abs(float(dropped.mean()) - 1.0) < 0.02
    assert torch.equal(dropouts[0].eval()(ones), ones)


def test_no_two_masks_of_pooled_dropout_are_the_same(base: Path) -> None:
    model = load_base(base)
    use_dropout(model, 0.5)
    dropout = next(module for module in model.modules() if isinstance(module, PooledDropout)).train()
    assert not torch.equal(dropout(torch.ones(1000)), dropout(torch.ones(1000)))


def test_it_learns_with_dropout_too(base: Path, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(work, base, replace(SETTINGS, dropout=0.1))
    losses = [json.loads(line)["loss"] for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("faster", [torch.bfloat16, torch.float32])
def test_a_cpu_computes_in_what_it_multiplies_faster(monkeypatch: pytest.MonkeyPatch, faster: torch.dtype) -> None:
    monkeypatch.setattr("rag.train.encoder._seconds_of_products", lambda dtype: float(dtype != faster))
    assert computed_in.__wrapped__(torch.device("cpu")) == faster
    assert computed_in.__wrapped__(torch.device("cuda")) == torch.bfloat16
