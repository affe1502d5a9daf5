"""The OpenVINO engine: batches that waste little, the same numbers as transformers, and nothing phoned home."""

import json
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from index import bert, device
from index.engine import Engine, Floats, Row, batches, has_bf16, has_int8
from rag.train.quantize import best_range

TINY = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "vocab_size": 50,
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT for question answering with drawn weights."""
    folder = tmp_path_factory.mktemp("tiny")
    rng = np.random.default_rng(0)
    hidden, inner = TINY["hidden_size"], TINY["intermediate_size"]
    linear = {"query": (hidden, hidden), "key": (hidden, hidden), "value": (hidden, hidden)}
    shapes: dict[str, tuple[int, ...]] = {
        "bert.embeddings.word_embeddings.weight": (50, hidden),
        "bert.embeddings.position_embeddings.weight": (512, hidden),
        "bert.embeddings.token_type_embeddings.weight": (2, hidden),
        "qa_outputs.weight": (2, hidden),
        "qa_outputs.bias": (2,),
    }
    norms = ["bert.embeddings.LayerNorm"]
    for layer in (f"bert.encoder.layer.{n}." for n in range(TINY["num_hidden_layers"])):
        for name, shape in {
            **{f"attention.self.{kind}": shape for kind, shape in linear.items()},
            "attention.output.dense": (hidden, hidden),
            "intermediate.dense": (inner, hidden),
            "output.dense": (hidden, inner),
        }.items():
            shapes |= {f"{layer}{name}.weight": shape, f"{layer}{name}.bias": shape[:1]}
        norms += [f"{layer}attention.output.LayerNorm", f"{layer}output.LayerNorm"]
    for name in norms:
        shapes |= {f"{name}.weight": (hidden,), f"{name}.bias": (hidden,)}
    weights = {name: rng.normal(0, 0.3, shape).astype(np.float16).astype(np.float32) for name, shape in shapes.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(TINY))
    return folder


@pytest.fixture(scope="module")
def engine(tiny: Path) -> Engine:
    return Engine(bert.spans(tiny), precision="f32", threads=1)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    rng = np.random.default_rng(1)
    return [(rng.integers(0, 50, n), (np.arange(n) > n // 3).astype(np.int64)) for n in (5, 40, 17, 16, 100, 1)]


def _logits(engine: Engine, rows: list[Row]) -> list[Floats]:
    return [out[: len(ids)] for out, (ids, _) in zip(engine.run(rows), rows, strict=True)]


@given(st.lists(st.integers(1, 512), max_size=60))
def test_every_row_is_in_one_batch_that_is_wide_enough(lengths: list[int]) -> None:
    found = batches(lengths)
    assert sorted(place for places, _ in found for place in places) == list(range(len(lengths)))
    for places, width in found:
        assert width % 16 == 0
        assert width - 16 < max(lengths[place] for place in places) <= width
        assert len(places) == 1 or len(places) * width <= 1.5 * 512


@given(st.lists(st.integers(1, 128), min_size=1, max_size=8))
def test_dividing_a_question_never_costs_more_than_one_batch_would(lengths: list[int]) -> None:
    one = -(-max(lengths) // 16) * 16 * len(lengths)
    assert sum(len(places) * width for places, width in batches(lengths)) <= one


def test_passages_of_one_length_are_one_batch_up_to_512_tokens() -> None:
    assert batches([120] * 4) == [(list(range(4)), 128)]


@pytest.mark.parametrize(("streams", "each"), [(1, 4), (2, 4), (4, 2), (8, 1), (64, 1)])
def test_a_question_is_shared_out_evenly_among_the_processors(streams: int, each: int) -> None:
    assert [len(places) for places, _ in batches([120] * 8, streams)] == [each] * (8 // each)


@given(st.lists(st.integers(1, 512), max_size=60), st.integers(1, 9))
def test_many_streams_read_every_row_once(lengths: list[int], streams: int) -> None:
    assert sorted(place for places, _ in batches(lengths, streams) for place in places) == list(range(len(lengths)))


def test_a_long_row_does_not_widen_the_short_ones() -> None:
    assert batches([20, 300, 25, 18]) == [([1], 304), ([2, 0, 3], 32)]


def test_logits_are_those_of_transformers(engine: Engine, tiny: Path, rows: list[Row]) -> None:
    import torch
    from transformers import AutoModelForQuestionAnswering

    model = AutoModelForQuestionAnswering.from_pretrained(tiny, local_files_only=True).eval()
    for (ids, types), logits in zip(rows, _logits(engine, rows), strict=True):
        with torch.inference_mode():
            out = model(input_ids=torch.from_numpy(ids)[None], token_type_ids=torch.from_numpy(types)[None])
        expected = torch.stack([out.start_logits[0], out.end_logits[0]], dim=1).numpy()
        assert np.allclose(logits, expected, atol=1e-3)


@pytest.mark.parametrize("streams", [1, 3])
def test_a_row_reads_alike_alone_and_beside_others(tiny: Path, rows: list[Row], streams: int) -> None:
    engine = Engine(bert.spans(tiny), precision="f32", threads=streams)
    for row, together in zip(rows, _logits(engine, rows * 20)[: len(rows)], strict=True):
        (alone,) = _logits(engine, [row])
        assert np.allclose(alone, together, atol=1e-5)


@pytest.fixture(scope="module")
def ranges(tiny: Path, rows: list[Row]) -> bert.Ranges:
    network, weights = bert.linear_inputs(tiny)
    taps = Engine(network, precision="f32", threads=1)
    seen = zip(*map(taps.outputs, rows), strict=True)
    found = zip(weights.items(), seen, strict=True)
    return {name: best_range(np.concatenate(values), weight) for (name, weight), values in found}


def test_logits_in_8_bits_are_nearly_the_same(engine: Engine, tiny: Path, rows: list[Row], ranges: bert.Ranges) -> None:
    rounded = Engine(bert.spans(tiny, ranges), precision="f32", threads=1)
    for exact, near in zip(_logits(engine, rows), _logits(rounded, rows), strict=True):
        assert 0 < np.abs(exact - near).max() < 0.1 * np.abs(exact).max()
    for row, together in zip(rows, _logits(rounded, rows), strict=True):
        (alone,) = _logits(rounded, [row])
        assert np.allclose(alone, together, atol=1e-5)


def test_ranges_lie_beside_the_weights_or_there_are_none(tmp_path: Path, ranges: bert.Ranges) -> None:
    assert bert.ranges_of(tmp_path) is None
    (tmp_path / bert.RANGES).write_text(json.dumps({name: asdict(found) for name, found in ranges.items()}))
    assert bert.ranges_of(tmp_path) == ranges


@given(st.lists(st.floats(-100, 100, width=32), min_size=1))
def test_a_range_has_zero_among_its_levels(values: list[float]) -> None:
    found = best_range(np.array(values, dtype=np.float32)[:, None], np.ones((1, 1), np.float32))
    step = (found.high - found.low) / (bert.LEVELS - 1)
    assert found.low <= 0 <= found.high
    assert found.low / step == pytest.approx(round(found.low / step), abs=1e-6)
    assert found.high - found.low <= 1.0001 * (max(*values, 0, 1e-3) - min(*values, 0))


def test_outliers_are_cut_for_finer_steps() -> None:
    drawn = np.random.default_rng(0).normal(0, 0.3, 100_000)
    values = np.concatenate([drawn, [-20, 20]]).astype(np.float32)[:, None]
    found = best_range(values, np.ones((1, 1), np.float32))
    assert -19 < found.low < -1
    assert 1 < found.high < 19


def test_a_channel_far_beyond_the_others_is_divided_and_its_weights_are_multiplied() -> None:
    rng = np.random.default_rng(0)
    values, weight = rng.normal(0, 1, (500, 12)).astype(np.float32), rng.normal(0, 1, (5, 12)).astype(np.float32)
    values[:, 7] *= 40
    weight[:, 7] /= 40
    found = best_range(values, weight)
    assert {channel for channel, divisor in found.divisors.items() if divisor > 2} == {7}
    assert found.divisors[7] == pytest.approx(40, rel=0.4)
    assert found.high < 5


def test_threads_of_callers_get_their_own_answers(engine: Engine, rows: list[Row]) -> None:
    expected = _logits(engine, rows)
    wrong = []

    def call(place: int) -> None:
        for _ in range(20):
            (found,) = _logits(engine, [rows[place]])
            if not np.allclose(found, expected[place], atol=1e-5):
                wrong.append(place)

    threads = [threading.Thread(target=call, args=(place,)) for place in range(len(rows))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_no_row_gives_no_output(engine: Engine) -> None:
    assert engine.run([]) == []


@pytest.mark.parametrize(
    "other", [{"model_type": "roberta"}, {"hidden_act": "relu"}, {"position_embedding_type": "relative_key"}]
)
def test_only_a_bert_as_built_here_is_supported(tmp_path: Path, tiny: Path, other: dict[str, str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(TINY | other))
    assert bert.supports(tiny)
    assert not bert.supports(tmp_path)


def test_openvino_comes_without_its_telemetry(tmp_path: Path) -> None:
    script = "import sys; import index.bert; print([m for m in sys.modules if 'telemetry' in m or '.ovc' in m])"
    done = subprocess.run(
        [sys.executable, "-c", script], env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "vendor", "openvino", "bf16", "int8"),
    [
        ("avx2", "AuthenticAMD", False, False, False),  # Zen 3
        ("avx512_vnni", "GenuineIntel", False, False, True),  # Ice Lake
        ("avx2 avx_vnni", "GenuineIntel", False, False, True),  # Alder Lake
        ("avx512_vnni avx512_bf16", "GenuineIntel", True, False, True),  # Emerald Rapids whose host keeps AMX to itself
        ("avx512_vnni avx512_bf16 amx_bf16 amx_int8", "GenuineIntel", True, True, True),
        ("avx512_vnni avx512_bf16", "AuthenticAMD", True, True, True),  # Zen 4
    ],
)
def test_numbers_are_as_short_as_the_processor_multiplies_faster(
    flags: str, vendor: str, openvino: bool, bf16: bool, int8: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(
        f"processor\t: 0\nvendor_id\t: {vendor}\nflags\t\t: fpu {flags}\n\nprocessor\t: 1\n"
    )
    monkeypatch.setattr(device, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr("index.engine.instructions", device.instructions.__wrapped__)
    monkeypatch.setattr("index.engine._knows_bf16", lambda: openvino)
    assert (has_bf16(), has_int8()) == (bf16, int8)


def test_a_system_without_a_list_of_instructions_asks_openvino_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "CPUINFO", tmp_path / "absent")
    monkeypatch.setattr("index.engine.instructions", device.instructions.__wrapped__)
    for knows in (True, False):
        monkeypatch.setattr("index.engine._knows_bf16", lambda answer=knows: answer)
        assert has_bf16() is has_int8() is knows
