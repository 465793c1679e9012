"""The scripts of ``benchmarks`` about the kernel's numbers: changed networks and other cuts."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from charlens.models import catalogue
from charlens.models.parameters import Shape
from charlens.models.recurrent.cells import CELLS
from charlens.models.recurrent.model import CharModel
from charlens.text.splits import split_streams

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import cuts
import kernel_variants as variants

T, B, K = 6, 3, 7


def model_of(cell, layers=1, width=5):
    torch.manual_seed(0)
    shape = Shape(cell, layers, width, K)
    model = CharModel(shape, batch=B, steps=T, dtype=torch.float64)
    model.load({n: torch.rand(1, *e.true) - 0.5 for n, e in model.layout.entries.items()})
    return model, *torch.randint(0, K, (2, T, B))


def test_reset_after_the_product_equals_torch_nn(monkeypatch):
    """Its update gate weighs the old state where ours weighs the new one: z is 1 − z."""
    assert not variants.ADDED_CELLS.keys() & CELLS.keys()
    for name, cell in variants.ADDED_CELLS.items():
        monkeypatch.setitem(CELLS, name, cell)
        monkeypatch.setitem(catalogue.CELLS, name, cell.facts)
    width, layers = 5, 2
    model, inputs, targets = model_of("gru-reset-after", layers, width)
    own = {n: w[0] for n, w in model.layout.unpack(model.flat).items()}
    peer = torch.nn.GRU(K, width, layers).double()
    flip = torch.ones(3 * width, dtype=torch.float64)
    flip[width : 2 * width] = -1
    with torch.no_grad():
        for layer in range(layers):
            getattr(peer, f"weight_ih_l{layer}").copy_((own[f"input.{layer}"] * flip).T)
            getattr(peer, f"weight_hh_l{layer}").copy_((own[f"recurrent.{layer}"] * flip).T)
            getattr(peer, f"bias_ih_l{layer}").copy_(own[f"bias.{layer}"] * flip)
            getattr(peer, f"bias_hh_l{layer}").zero_()
    output, _ = peer(torch.nn.functional.one_hot(inputs, K).double())
    scores = output @ own["decoder"] + own["bias.decoder"]
    loss = torch.nn.functional.cross_entropy(
        scores.flatten(0, 1), targets.flatten(), reduction="sum"
    )
    loss.backward()
    model.forward(inputs)
    torch.testing.assert_close(model.losses(targets)[0], loss.detach(), rtol=1e-12, atol=0)
    model.backward(inputs, targets)
    grads = {n: g[0] for n, g in model.layout.unpack(model.grad).items()}
    for layer in range(layers):
        for ours, name in (("input", "weight_ih"), ("recurrent", "weight_hh"), ("bias", "bias_ih")):
            expected = getattr(peer, f"{name}_l{layer}").grad.transpose(0, -1) * flip
            torch.testing.assert_close(grads[f"{ours}.{layer}"], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("cell", "gate"), [("lstm", "f"), ("gru", "z")])
def test_a_bias_is_set_for_one_gate_alone(cell, gate):
    model, *_ = model_of(cell, layers=2)
    before = model.flat.clone()
    variants.bias(gate, 3.0)(model.shape, model.weights)
    changed = (model.flat != before).sum()
    assert changed == 2 * model.shape.width
    block = catalogue.CELLS[cell].blocks.index(gate) * model.shape.width
    for layer in range(2):
        biases = model.layout.unpack(model.flat)[f"bias.{layer}"][0]
        assert (biases[block : block + model.shape.width] == 3).all()


def test_streams_end_to_end():
    text = np.arange(24, dtype=np.uint8)
    rows = np.stack([np.append(text[i : i + 6], text[(i + 6) % 24]) for i in range(0, 24, 6)])
    joined = variants.end_to_end(rows, 2)
    np.testing.assert_array_equal(joined, [text[:13], np.append(text[12:], 0)])
    np.testing.assert_array_equal(variants.end_to_end(rows, 4), rows)


def test_every_variant_names_a_network_with_a_committed_curve():
    for variant in variants.VARIANTS.values():
        assert len(variants.reference(variant.model)) == 50


# Other cuts


def a_text(seed):
    """Files of a text whose characters are all different, and a loss for each character."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 40, 23)
    return sizes, rng.random(sizes.sum()), rng


def text_of_test(order, sizes, batch, unroll):
    """Where the test characters of another order lie: shuffle and split the text itself."""
    places = np.split(np.arange(sizes.sum(), dtype=np.int64), np.cumsum(sizes)[:-1])
    codes = np.concatenate([places[i] for i in order])
    length = len(codes) // (batch * unroll) * unroll
    test = split_streams(np.zeros(len(codes), np.uint8), batch, unroll, 0.6, 0.2)["test"]
    stop = 1 + length * np.arange(1, batch + 1)
    spans = np.stack([stop - (test.shape[1] - 1), stop], axis=1)
    return np.concatenate([codes[a:b] for a, b in spans]), spans


@pytest.mark.parametrize("seed", range(5))
def test_means_over_cuts_by_hand(seed):
    sizes, loss, rng = a_text(seed)
    batch, unroll = 4, 5
    scored = len(loss) // (batch * unroll) * batch * unroll  # of the characters from the second on
    orders = [rng.permutation(len(sizes)) for _ in range(3)]
    pieces, expected = [], []
    for order in orders:
        places, spans = text_of_test(order, sizes, batch, unroll)
        spans_of_test = cuts.pieces_of_test(sizes, order, spans)
        np.testing.assert_array_equal(
            np.concatenate([np.arange(a, b) for a, b in spans_of_test]), places
        )
        pieces.append(spans_of_test)
        known = places[(places >= 1) & (places <= scored)]
        expected.append([loss[known].mean(), (3 * loss[known]).mean()])
    sums = [np.cumsum(np.append(0, factor * loss[1 : scored + 1])) for factor in (1, 3)]
    np.testing.assert_allclose(cuts.means_over_cuts(sums, pieces), expected)


def test_the_own_order_is_the_own_test_text():
    sizes, *_ = a_text(0)
    places, spans = text_of_test(np.arange(len(sizes)), sizes, 4, 5)
    np.testing.assert_array_equal(places, np.concatenate([np.arange(a, b) for a, b in spans]))


def test_z_of_two_cuts():
    """Networks that agree with the paper, but for one, on a text that is harder by 0.02."""
    rng = np.random.default_rng(0)
    common = rng.normal(0, 0.0144, (4000, 1))
    draws = 1.4 + common + rng.normal(0, 0.003, (4000, 9))
    paper = np.linspace(1.3, 1.4, 9)
    ours = paper + 0.02
    ours[-1] += 0.03
    rows = [line.split(" | ") for line in cuts.table(draws, ours, paper).splitlines()[2:]]
    z = [(float(row[4]), float(row[8].strip(" |") or 0)) for row in rows]
    assert all(abs(alone + 1.0) < 0.15 and abs(beside) < 0.05 for alone, beside in z[:-1])
    assert z[-1][0] == pytest.approx(-0.05 / (np.sqrt(2) * 0.0147), abs=0.15)
    assert z[-1][1] == pytest.approx(-0.03 / (np.sqrt(2) * np.sqrt(2) * 0.003), abs=0.3)


def test_a_manifest_of_another_text(tmp_path):
    (tmp_path / "text").write_bytes(b"one\ntwo\n")
    lines = [
        "one\t4\t5626abf0f72e58d7a153368ba57db4c673c0e171",
        "two\t4\tf719efd430d52bcfc8566a43b2eb655688d38871",
    ]
    manifest = tmp_path / "manifest"
    manifest.write_text("\n".join(lines))
    assert list(cuts.file_sizes(manifest, tmp_path / "text")) == [4, 4]
    manifest.write_text("\n".join(reversed(lines)))
    with pytest.raises(SystemExit, match="two is not what the text has in its place"):
        cuts.file_sizes(manifest, tmp_path / "text")
    manifest.write_text(lines[0])
    with pytest.raises(SystemExit, match="ends 4 bytes before the text does"):
        cuts.file_sizes(manifest, tmp_path / "text")
