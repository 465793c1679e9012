"""Interventions on cells: against a slow loop, by hand, and on a network planted by hand."""

from __future__ import annotations

import math
import random
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.display import style
from charlens.errors import CharlensError
from charlens.inside import in_memory
from charlens.inside.cells.concepts import CONCEPTS, labels
from charlens.inside.interventions import causal, controls, effect_rows, figure, newlines
from charlens.inside.interventions import table as causal_cells
from charlens.inside.interventions.cell_means import cell_means
from charlens.inside.interventions.clamps import HIGH, LOW, MEAN, RESAMPLE, Clamp, other_streams
from charlens.inside.interventions.classes import RULES, CharacterClass, claims, classes_of
from charlens.inside.interventions.effects import measure, taken_of
from charlens.inside.interventions.from_files import Labelled, Network, study_networks
from charlens.inside.interventions.impulse import impulse
from charlens.inside.interventions.runs import run, window_length
from charlens.inside.interventions.study import Settings, Study
from charlens.inside.interventions.subjects import Subject, subjects_of
from charlens.models.n_nn import Context
from charlens.models.parameters import Layout, Shape, uniform_weights
from charlens.models.recurrent.cells import CELLS
from charlens.models.running import windows
from charlens.models.trained import TrainedModel
from charlens.runtime.resampling import interval, resample_streams
from charlens.text.corpus import prepare
from charlens.text.lexed import LexedText
from charlens.text.whole_text import CorpusText
from matplotlib.text import Text
from reference_recurrence import run as by_equations

B, LENGTH, STEPS, K = 4, 40, 20, 5


def random_network(cell="lstm", layers=2, width=4, k=K):
    shape = Shape(cell, layers, width, k)
    weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(7), 1.0)
    return TrainedModel(f"{cell}-{layers}x{width}", shape, weights, {})


def random_codes(k=K):
    return np.random.default_rng(1).integers(0, k, (B, LENGTH + 1)).astype(np.uint8)


# Running


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_clamped_to_its_own_trajectory_keeps_the_loss(cell):
    trained, codes = random_network(cell), random_codes()
    letter = "c" if cell == "lstm" else "h"

    def own(layer, unit):
        return in_memory.activations(trained, codes, STEPS, letter, layer, [unit])[..., 0]

    jobs = [
        [Clamp(layer, unit, own(layer, unit))]
        for layer in (1, 2)
        for unit in range(4)
    ]  # fmt: skip
    blocks = np.concatenate(
        [taken_of(window).permute(1, 2, 0) for window in run(trained, codes, jobs, STEPS, "cpu")],
        -1,
    )
    assert blocks.shape == (9, B, LENGTH)
    np.testing.assert_allclose(blocks[1:], blocks[[0]].repeat(8, 0), atol=1e-6)


def slow(trained, codes, layer, unit, value):
    """−ln P of every target, (B, length), one stream and one step at a time in float64."""
    shape = trained.shape
    w = {name: values[0].double() for name, values in trained.weights.items()}
    losses = np.empty(codes[:, 1:].shape)
    for b, t in np.ndindex(losses.shape):
        if t == 0:
            states = [torch.zeros(2, 1, shape.width).double() for _ in range(shape.layers)]
        x = torch.nn.functional.one_hot(torch.tensor([int(codes[b, t])]), shape.k).double()
        for index, (h, c) in enumerate(states):
            w_h = w[f"recurrent.{index}"].reshape(shape.width, -1)
            w_x = w[f"input.{index}"].reshape(-1, w_h.shape[1])
            bias = w[f"bias.{index}"].flatten()
            _, (step,) = by_equations(shape.cell, x[None], w_x, w_h, bias, h, c)
            h, c = step["h"].clone(), step.get("c", c).clone()
            if index == layer - 1 and value is not None:
                if shape.cell == "lstm":
                    c[0, unit] = value
                    h[0, unit] = step["o"][0, unit] * math.tanh(value)
                else:
                    h[0, unit] = value
            states[index] = torch.stack([h, c])
            x = h
        scores = (x @ w["decoder"] + w["bias.decoder"])[0]
        losses[b, t] = torch.logsumexp(scores, 0) - scores[int(codes[b, t + 1])]
    return losses


@pytest.mark.parametrize(("cell", "layer"), [("lstm", 1), ("lstm", 2), ("gru", 1), ("rnn", 2)])
def test_effects_by_class_equal_those_of_a_slow_loop(cell, layer):
    trained, codes = random_network(cell), random_codes()
    targets = codes[:, 1:]
    classes = {
        "twos": CharacterClass(targets == 2),
        "others": CharacterClass(targets != 2, (12, 13)),
    }
    jobs = [[Clamp(layer, 1, 0.6)], [Clamp(layer, 3, -0.4)]]
    vocabulary = (10, 11, 12, 13, 14)
    sums = measure(trained, codes, vocabulary, classes, jobs, STEPS, "cpu")
    base = slow(trained, codes, layer, 0, None)
    for job, (unit, value) in enumerate([(1, 0.6), (3, -0.4)]):
        clamped = slow(trained, codes, layer, unit, value)
        for c, at in enumerate([targets == 2, targets != 2]):
            difference = np.where(at, clamped - base, 0).sum(1)
            np.testing.assert_allclose(sums.loss[job, :, c], difference, atol=2e-5)
        chance = np.where(targets == 2, np.exp(-clamped) - np.exp(-base), 0).sum(1)
        np.testing.assert_allclose(sums.p[job, :, 0], chance, atol=2e-5)
        assert np.abs(sums.loss[job]).max() > 0.01
    np.testing.assert_array_equal(sums.count[:, 0], (targets == 2).sum(1))
    assert (sums.base[:, 1] < sums.count[:, 1]).all()
    assert (sums.base[:, 1] > 0).all()


def test_layers_below_the_lowest_that_is_set_are_run_once():
    """Jobs out of the order of their layers, in portions of one layer and of two."""
    trained, codes = random_network(layers=3), random_codes()
    everything = {"all": CharacterClass(np.ones((B, LENGTH), bool))}
    cells = [(3, 0), (1, 2), (2, 1), (3, 3), (1, 0)]
    jobs = [[Clamp(layer, unit, 0.5)] for layer, unit in cells]
    sums = measure(trained, codes, range(K), everything, jobs, STEPS, "cpu")
    base = slow(trained, codes, 1, 0, None)
    for job, (layer, unit) in enumerate(cells):
        difference = (slow(trained, codes, layer, unit, 0.5) - base).sum(1)
        np.testing.assert_allclose(sums.loss[job, :, 0], difference, atol=2e-4)
        alone = measure(trained, codes, range(K), everything, [jobs[job]], STEPS, "cpu")
        np.testing.assert_allclose(sums.p[job], alone.p[0], atol=1e-4)
        np.testing.assert_allclose(sums.base, alone.base, atol=1e-4)


def test_jobs_in_portions_give_what_they_give_together(monkeypatch):
    trained, codes = random_network(), random_codes()
    jobs = [[Clamp(1, unit, 0.5), Clamp(2, unit, -0.5)] for unit in range(4)]
    everything = {"all": CharacterClass(np.ones((B, LENGTH), bool))}
    together = measure(trained, codes, range(K), everything, jobs, STEPS, "cpu")
    monkeypatch.setattr("charlens.inside.interventions.runs.ROWS", {"cpu": 2 * B})
    alone = measure(trained, codes, range(K), everything, jobs, STEPS, "cpu")
    np.testing.assert_allclose(alone.loss, together.loss, atol=1e-4)
    np.testing.assert_allclose(alone.base, together.base, atol=1e-4)


def test_a_patch_ends_and_a_late_start_leaves_the_beginning():
    trained, codes = random_network(), random_codes()
    jobs = [[Clamp(1, 0, 2.0, 15, 16)], [Clamp(1, 0, 2.0, 25)]]
    blocks = np.concatenate(
        [taken_of(window).permute(1, 2, 0) for window in run(trained, codes, jobs, STEPS, "cpu")],
        -1,
    )
    changed = np.abs(blocks[1:] - blocks[0]).max(1) > 1e-6
    assert not changed[0, :15].any()
    assert changed[0, 15]
    assert not changed[1, :25].any()
    assert changed[1, 25]


def test_windows_divide_those_of_the_corpus():
    assert [window_length(n) for n in (100, 50, 20, 7, 13, 1)] == [10, 10, 10, 7, 1, 1]


def test_every_stream_gets_another_one():
    for seed in range(20):
        other = other_streams(7, np.random.default_rng(seed))
        assert sorted(other) == list(range(7))
        assert (other != np.arange(7)).all()
    with pytest.raises(CharlensError, match="at least 2 streams"):
        other_streams(1, np.random.default_rng(0))


# Statistics


def test_the_interval_is_that_of_a_mean():
    draws = np.random.default_rng(0)
    values = draws.normal(1.0, 2.0, (200, 3))
    weights = resample_streams(200, 4000, draws)
    assert (weights.sum(1) == 200).all()
    low, high = interval((weights @ values / 200)[None], axis=-2)
    half = 1.96 * values.std(0) / np.sqrt(200)
    np.testing.assert_allclose((high - low)[0] / 2, half, rtol=0.07)
    np.testing.assert_allclose((high + low)[0] / 2, values.mean(0), atol=0.03)


def test_without_two_streams_or_any_character_there_is_no_interval():
    assert resample_streams(1, 10, np.random.default_rng(0)).shape == (0, 1)
    assert np.isnan(interval(np.zeros((0, 2)), axis=-2)).all()
    assert np.isnan(interval(np.full((5, 1), np.nan), axis=-2)).all()


def test_a_tie_and_what_is_no_number_count_against_a_rank():
    assert controls.rank(3.0, [1.0, 2.0]) == 1
    assert controls.rank(2.0, [1.0, 2.0, 5.0]) == 3  # a tie counts against it
    assert controls.rank(np.nan, [1.0, 2.0]) == 3


def test_matched_controls_have_the_spread_and_the_loss_of_the_cell():
    spread = np.array([1.0, 1.0, 1.0, 0.01, 1.1, 1.0])
    loss = np.array([0.5, 0.5, 0.0, 0.5, 0.45, 0.52])
    assert controls.matched(0, spread, loss, 3) == [1, 4, 5]
    assert controls.matched(0, spread, None, 3) == [1, 2, 3, 4, 5]
    assert controls.takes_all(101, 50)
    assert not controls.takes_all(102, 50)


# When the line ends


def test_the_median_of_a_constant_hazard():
    rate = np.full((2, 200), 0.05)
    rate[1] = 0.2
    expected = [math.log(0.5) / math.log(1 - h) for h in (0.05, 0.2)]
    np.testing.assert_allclose(newlines.medians(rate), expected, rtol=0.02)
    rate[0, 10:] = np.nan  # nobody knows what comes after column 9
    assert newlines.medians(rate)[0] == 9


def test_a_clock_that_is_set_forward_ends_its_lines_sooner():
    """Hazards as of a clock: the farther along, the likelier the end."""
    clamped, streams = (10, 30, 50), 6
    count = np.full((streams, newlines.LONGEST + 1), 20.0)
    rates = np.array([0.02, 0.01, 0.03, 0.05])  # alone, and clamped at each column
    noise = 1 + 0.05 * np.random.default_rng(0).normal(size=(4, streams, 1))
    hazards = newlines.Hazards(count, rates[:, None, None] * noise * count)
    value, low, high = newlines.slope(
        clamped, hazards, resample_streams(streams, 500, np.random.default_rng(1))
    )
    halves = [math.log(0.5) / math.log(1 - rate) for rate in rates[1:]]
    assert value == pytest.approx(np.polyfit(clamped, halves, 1)[0], rel=0.05)
    assert low < value < high < 0


def test_what_is_farther_along_its_line_than_lines_are_followed_is_at_no_column():
    """Each column has its own characters and their predictions, the last one, too."""
    trained, streams, length = random_network(), 3, 400
    codes = np.random.default_rng(0).integers(0, K, (streams, length + 1)).astype(np.uint8)
    columns = np.arange(length) + 10 * np.arange(streams)[:, None]  # one line of over 250 bytes
    hazards = newlines.hazards(trained, codes, [2], columns, [], 50, "cpu")
    assert hazards.count.shape == (streams, newlines.LONGEST + 1)
    assert hazards.count[:, -1].tolist() == [1] * streams
    assert hazards.count.sum() == (columns <= newlines.LONGEST).sum()
    of = (trained.shape, trained.weights, codes, 50)
    logs = np.concatenate([window.clone() for _, window, _ in windows(*of)])
    expected = [np.exp(logs[250 - 10 * stream, stream, 2]) for stream in range(streams)]
    np.testing.assert_allclose(hazards.sums[0, :, -1], expected, rtol=1e-4)


# Classes


def test_rules_are_for_concepts_that_exist():
    assert RULES.keys() <= CONCEPTS.keys()


@pytest.mark.parametrize("kind", ["prose", "c"])
def test_classes_of_every_concept_are_sound(kind):
    """Targets are of different characters, "other" has none of them, elsewhere is elsewhere."""
    code = b'if (a > (b)) {\n\tcall("x y", 1); /* why */\n\tgo();\n}\nint n;\n' * 20
    text = code if kind == "c" else b'He said "no" and\nwent. "Why so?" I\nasked.\n' * 20
    lexed = LexedText(text, kind)
    for name, label in labels(text, kind).items():
        classes = classes_of(name, lexed, label)
        first, second = classes.targets
        assert classes.classes.keys() >= {
            first.name,
            second.name,
            first.elsewhere,
            second.elsewhere,
        }
        for target in classes.targets:
            members, other = classes.classes[target.name].at, classes.classes[target.other].at
            elsewhere = classes.classes[target.elsewhere]
            assert members.sum() > 5, (name, target)
            assert not (members & other).any()
            assert not (members & elsewhere.at).any()
            assert elsewhere.at.any()
            assert elsewhere.symbols
        assert not (classes.classes[first.name].at & classes.classes[second.name].at).any()


def test_quotes_open_and_close():
    text = b'a "b" c\n'
    quotes = classes_of(
        "inside_quotes", LexedText(text, "prose"), labels(text, "prose")["inside_quotes"]
    )
    assert np.flatnonzero(quotes.classes["opening"].at).tolist() == [2]
    assert np.flatnonzero(quotes.classes["closing"].at).tolist() == [4]
    assert quotes.classes["no closing, outside"].symbols == (34,)
    # After a space nothing closes: of what follows the quote, "c" is no place for it.
    assert np.flatnonzero(quotes.classes["no closing, outside"].at).tolist() == [0, 1, 5, 7]


def test_claims_of_a_count_are_its_ends():
    ends = claims(np.arange(100.0))
    assert [int(at.sum()) for at in ends.values()] == [10, 10]
    mostly_flat = claims(np.array([0.0] * 95 + [1.0] * 5))
    assert [int(at.sum()) for at in mostly_flat.values()] == [95, 5]
    assert not any((a & b).any() for a, b in [ends.values(), mostly_flat.values()])


# A planted network: unit 0 knows whether a quotation is open

OPEN, CLOSE, LEAD = 0x9C, 0x9D, 0x80  # last bytes of the curly quotes, and the byte before them


def quoted_text(words=2600):
    draw = random.Random(3)
    parts = []
    for _ in range(words):
        word = draw.choice(["ab", "ba", "aab", "b"])
        parts.append(f"“{word} {word}”" if draw.random() < 0.25 else word)
    return "\n".join(" ".join(parts[i : i + 9]) for i in range(0, words, 9)).encode()


def planted(corpus):
    """An LSTM of nine units.

    0 is a latch that predictions read, 1 the same latch that none reads, 2 to 4 see the byte before
    a quote's last, 5 to 8 see other bytes and do a little.
    """
    n, k = 9, corpus.k
    code = {byte: i for i, byte in enumerate(corpus.vocabulary)}
    on = 20.0
    weights = np.zeros((k, 4, n))  # blocks o, i, f, g
    bias = np.zeros((4, n))
    bias[0] = on
    bias[1, :2], bias[2, :2] = -on, on  # the latches keep what they have
    for byte, value in ((OPEN, 3.0), (CLOSE, -3.0)):
        weights[code[byte], 1, :2], weights[code[byte], 2, :2] = 2 * on, -2 * on
        weights[code[byte], 3, :2] = value
    bias[1, 2:], bias[2, 2:], bias[3, 2:] = on, -on, -3.0  # the others see the last byte alone
    for unit, byte in enumerate([LEAD] * 3 + [ord(c) for c in "ab \n"], 2):
        weights[code[byte], 3, unit] = 6.0
    decoder = np.zeros((n, k))
    decoder[0, [code[CLOSE], code[OPEN]]] = 8.0, -8.0
    decoder[2:5][:, [code[CLOSE], code[OPEN]]] = 5.0
    decoder[5:, code[ord("a")]] = 0.3, 0.5, -0.2, 0.4
    named = {"input.0": weights, "recurrent.0": np.zeros((n, 4, n)), "bias.0": bias}
    named |= {"decoder": decoder, "bias.decoder": np.zeros(k)}
    tensors = {name: torch.from_numpy(v[None]).float() for name, v in named.items()}
    return TrainedModel("lstm-1x9", Shape("lstm", 1, n, k), tensors, {})


@pytest.fixture(scope="module")
def plant():
    corpus, splits = prepare(quoted_text(), "quoted", "test", "streams", 16, 20, 0.1, 0.1)
    text = CorpusText.of(corpus, splits)
    trained, concepts = planted(corpus), labels(text.text, "prose")
    settings = Settings(bootstrap=500, controls=50)
    study = Study(
        trained, corpus, splits["test"], text, "prose",
        {name: concepts[name] for name in ("inside_quotes", "line_end")}, settings, 20, "cpu",
    )  # fmt: skip
    subjects = [
        Subject("inside_quotes", "inside quotes", 1, u, 0.9, (1, (u + 1) % 9)) for u in range(9)
    ]
    return SimpleNamespace(study=study, subjects=subjects, tables=causal.intervene(study, subjects))


def test_the_planted_latch_is_causal_and_no_other_unit_is(plant):
    verdicts = plant.tables.verdicts
    assert len(verdicts) == 18
    by_unit = {unit: set(part["verdict"]) for unit, part in verdicts.groupby("unit")}
    assert by_unit[0] == {"causal"}
    assert all(by_unit[unit] == {"correlated, not shown causal"} for unit in range(1, 9))
    latch = verdicts[verdicts["unit"] == 0].set_index("class")
    assert latch.loc["closing", "mode"] == LOW
    assert latch.loc["closing", "p"] > 0.9
    assert latch.loc["closing", "p_clamped"] < 0.01
    assert (latch["delta_loss"] > 5).all()
    assert (latch["low"] > 5).all()
    assert (latch["cell_rank"] == 1).all()
    assert (latch["controls"] == 8).all()
    np.testing.assert_allclose(latch["p_rank"], 1.0)  # one of nine, nine times corrected
    assert (latch["redundancy"].abs() < 1e-6).all()


def test_the_latch_that_nobody_reads_does_nothing(plant):
    """It follows the quotations exactly as the other does."""
    effects = plant.tables.effects
    idle = effects[(effects["unit"] == 1) & (effects["verdict"] != effect_rows.CONTROL)]
    assert idle["delta_loss"].abs().max() < 1e-6
    means = cell_means(plant.study.trained, plant.study.codes, {}, 20, "cpu")  # of the same state
    np.testing.assert_allclose(means.mean[MEAN][0, 0], means.mean[MEAN][0, 1])


def test_the_table_of_effects_has_controls_and_ranks(plant):
    effects = plant.tables.effects
    assert list(effects.columns) == list(effect_rows.COLUMNS)
    own = effects[effects["verdict"] != effect_rows.CONTROL]
    assert set(own["mode"]) == {LOW, HIGH, RESAMPLE, MEAN}
    latch = own[(own["unit"] == 0) & (own["class"] == "closing")].set_index("mode")
    assert latch.loc[LOW, "value"] == pytest.approx(-math.tanh(math.tanh(3)), abs=0.05)
    assert np.isnan(latch.loc[RESAMPLE, "value"])
    assert latch.loc[RESAMPLE, "delta_loss"] > 1  # what another stream knows does not help
    others = effects[(effects["verdict"] == effect_rows.CONTROL) & (effects["mode"] == LOW)]
    compared = others[(others["class"] == "closing") & (others["unit"] != 0)]["delta_loss"]
    assert latch.loc[LOW, "control_rank"] == 1
    assert latch.loc[LOW, "delta_loss"] > compared.max()


def test_figure_8_is_drawn_and_read_back(plant, tmp_path):
    tables = plant.tables
    for name, table in tables._asdict().items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    numbers = figure.numbers(
        *([tmp_path / f"{name}.csv"] for name in ("verdicts", "effects", "newlines", "excerpts"))
    )
    assert list(numbers) == ["csv", "effects", "newlines", "excerpts"]
    drawn = figure.draw(*numbers.values())
    assert len(drawn.axes) == 1 + 9 * 2
    words = [text.get_text() for text in drawn.texts]
    assert "inside quotes: layer 1, cell 0" in words
    assert words.count("causal") == 1
    assert words.count("not shown causal") == 8
    moved = tables.verdicts.groupby("unit")[["fall", "rise"]].sum().sum(axis=1)
    assert words.count("4/4") == (moved == 4).sum() > 1
    assert words.count("1/9") == (tables.verdicts["cell_rank"] == 1).sum() / 2
    concepts = [text for text in drawn.texts if text.get_text() == "inside quotes"]
    assert [text.get_weight() for text in concepts] == ["bold"] + ["normal"] * 8
    style.save(drawn, tmp_path / "figure.pdf", tmp_path / "figure.png")
    empty = figure.draw(*(table.iloc[:0] for table in numbers.values()))
    assert "No cell" in empty.texts[0].get_text()


def several(verdicts, counts):
    """Rows of verdicts on a network of each text, with so many cells."""
    parts = []
    for i, count in enumerate(counts):
        part = verdicts[verdicts["unit"] < count].assign(corpus=f"text_{i}")
        parts += [part, part.assign(model="lstm-2x9")]  # and of a second network
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("counts", "shown"), [((3, 7), [3, 7]), ((9, 9), [6, 6]), ((2, 9, 9), [2, 5, 5]), ((1,), [1])]
)
def test_figure_8_shows_every_cell_and_twelve_in_detail(plant, counts, shown):
    tables = plant.tables
    judged = several(tables.verdicts, counts)
    networks = [part for _, part in judged.groupby(["corpus", "model"], sort=False)]
    detailed = figure.in_detail(networks)
    assert [len(cells) for cells in detailed] == shown
    assert {cell["model"].iloc[0] for cells in detailed for cell in cells} == {"lstm-1x9"}
    drawn = figure.draw(judged, tables.effects, tables.newlines[:0], tables.excerpts[:0])
    words = [text.get_text() for text in drawn.texts]
    assert words.count("inside quotes") == 2 * sum(counts)
    assert sum(word.startswith("inside quotes: layer 1") for word in words) == sum(shown)
    assert drawn.get_figheight() < 13.5  # inches: a page and a half
    drawn.draw_without_rendering()
    renderer = drawn.canvas.get_renderer()
    for text in drawn.findobj(Text):
        if text.get_text().strip():
            box = text.get_window_extent(renderer)
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= drawn.bbox.x1 + 1
            assert box.y1 <= drawn.bbox.y1 + 1


def test_figure_8_of_a_text_without_the_characters(plant):
    """Nothing is known of the cell: no number is shown, and no mark."""
    known = ["delta_loss", "low", "high", "other_loss", "cell_loss", "cell_specificity"]
    known += ["p", "p_clamped", "p_elsewhere", "p_raised"]
    judged = plant.tables.verdicts[:2].assign(**dict.fromkeys(known, np.nan))
    drawn = figure.draw(judged, plant.tables.effects[:0], plant.tables.newlines[:0],
                        plant.tables.excerpts[:0])  # fmt: skip
    assert [text.get_text() for text in drawn.texts].count("–") == 3
    marks = [line.get_xdata() for line in drawn.axes[0].lines[1:]]  # less that at 0
    assert all(np.isnan(np.asarray(x, float)).all() for x in marks)


def test_the_verdicts_in_words(plant):
    sentences = " ".join(causal_cells.sentences(plant.tables.verdicts))
    assert "in 1 of 9 cases: inside quotes (more harm than by any of 8 other cells)." in sentences
    causal = plant.tables.verdicts[plant.tables.verdicts["verdict"] == "causal"]
    largest = causal.loc[causal["delta_loss"].idxmax()]
    assert (
        f"probability of the right byte at {largest['class']} goes from {largest['p']:.3f} to "
    ) in sentences
    markdown = causal_cells.markdown(plant.tables.verdicts)
    assert markdown.count("| causal |") == 2
    interval = (
        f"{largest['memory']:.0f} [{largest['memory_low']:.0f}, {largest['memory_high']:.0f}]"
    )
    assert markdown.count(f"| causal | {interval} | – |") == 2
    assert "No network" in causal_cells.markdown(plant.tables.verdicts.iloc[:0])


# How long a change lasts


def leaking_unit(keep):
    """An RNN of one unit that keeps a share of itself from step to step, whatever it reads."""
    named = {"input.0": torch.zeros(1, 2, 1), "recurrent.0": torch.full((1, 1, 1), keep)}
    named |= {"bias.0": torch.zeros(1, 1), "decoder": torch.ones(1, 1, 2)}
    shape = Shape("rnn", 1, 1, 2)
    return TrainedModel("rnn-1x1", shape, named | {"bias.decoder": torch.zeros(1, 2)}, {})


@pytest.mark.parametrize("keep", [0.6, 0.9, 0.97])
def test_a_change_lasts_as_long_as_the_unit_keeps_it(keep):
    codes = np.random.default_rng(0).integers(0, 2, (4, 401)).astype(np.uint8)
    response = impulse(leaking_unit(keep), codes, (1, 0), (-0.01, 0.01), 10, "cpu")
    value, low, high = response.half_life(resample_streams(4, 50, np.random.default_rng(0)))
    assert value == low == high == math.ceil(math.log(0.5) / math.log(keep))
    assert response.change.shape == (4, 300)
    expected = np.tile(0.01 * keep ** np.arange(5.0), (4, 1))
    np.testing.assert_allclose(response.change[:, :5], expected, rtol=1e-2)


def test_a_latch_keeps_a_change_until_it_is_set_again(plant):
    """The planted one for as long as quotations or the text between them go on."""
    verdicts = plant.tables.verdicts.drop_duplicates("unit").set_index("unit")
    assert 3 < verdicts.loc[0, "memory"] < 40
    assert verdicts.loc[0, "memory_low"] <= verdicts.loc[0, "memory"]
    assert (verdicts.loc[5:8, "memory"] == 1).all()  # they hold the last byte, no longer


# Whom it is done to


def ranking(rows):
    columns = ["concept", "layer", "unit", "strength_found", "strength_held_out"]
    return pd.DataFrame(rows, columns=columns)


def test_subjects_are_the_best_cells_or_those_named():
    frame = ranking(
        [("quotes", 1, 4, 0.9, 0.8), ("quotes", 2, 0, 0.5, 0.6), ("lines", 2, 0, 0.7, 0.7),
         ("lines", 1, 4, 0.1, 0.1), ("never", 1, 4, np.nan, np.nan)]
    )  # fmt: skip
    titles = {"quotes": "in quotes", "lines": "of lines", "never": "never"}
    best = subjects_of(frame, titles)
    assert [(s.concept, s.cell, s.second) for s in best] == [
        ("quotes", (1, 4), (2, 0)),
        ("lines", (2, 0), (1, 4)),
    ]
    assert [(s.concept, s.cell, s.second) for s in subjects_of(frame, titles, [(2, 0)])] == [
        ("lines", (2, 0), (1, 4))
    ]
    assert subjects_of(frame, {}) == []


def test_too_few_streams_and_networks_without_states_are_refused(plant):
    study = plant.study
    with pytest.raises(CharlensError, match="at least 4 test streams"):
        Study(
            study.trained, study.corpus, study.codes[:3], study.text, "prose", {},
            study.settings, 20, "cpu",
        )  # fmt: skip
    without = TrainedModel("n-nn-2", Context(2, 9, study.corpus.k), {}, {})
    with pytest.raises(CharlensError, match="n-nn-2 has no state"):
        next(run(without, study.codes, [[Clamp(1, 0, 0.0)]], 20, "cpu"))
    with pytest.raises(CharlensError, match="no unit 9, expected 0 to 8"):
        next(run(study.trained, study.codes, [[Clamp(1, 9, 0.0)]], 20, "cpu"))


def test_without_subjects_tables_are_empty(plant):
    tables = causal.intervene(plant.study, [])
    assert [len(table) for table in tables] == [0, 0, 0, 0]
    assert list(tables.effects.columns) == list(effect_rows.COLUMNS)


def test_few_controls_are_matched_and_the_same_study_gives_the_same_tables(plant):
    study = plant.study
    study = Study(
        study.trained, study.corpus, study.codes, study.text, "prose", study.labels,
        Settings(bootstrap=50, controls=3, characters=900, modes=("zero",)), 20, "cpu",
    )  # fmt: skip
    first, second = (causal.intervene(study, plant.subjects[:2]) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert (first.verdicts["controls"] == 3).all()
    assert set(first.effects["mode"]) == {LOW, HIGH, "zero"}
    assert study.length * len(study.held_codes) <= 900
    of_latch = first.effects[first.effects["class"] == "closing"]
    compared = set(of_latch[of_latch["verdict"] == effect_rows.CONTROL]["unit"])
    assert 1 in compared  # the latch that nobody reads has the spread of the one that is read


def test_networks_of_a_config_are_studied_one_by_one(plant):
    study = plant.study
    titles = {name: CONCEPTS[name].title for name in CONCEPTS}
    concepts = labels(study.text.text, "prose")
    labelled = Labelled(study.text, "prose", concepts, titles, ["inside_quotes", "if_condition"])
    frame = ranking([("inside_quotes", 1, 0, 0.9, 0.9), ("inside_quotes", 1, 1, 0.9, 0.9)])
    options = {"cells": None, "concepts": None, "modes": [MEAN], "controls": 50}
    options |= {"characters": 900, "bootstrap": 50}
    networks = [Network(study.trained, frame, options), Network(study.trained, frame, options)]
    tables = study_networks(networks, study.corpus, study.codes, labelled, 20, "cpu", 1)
    assert len(tables.verdicts) == 4
    assert (tables.verdicts["title"] == "inside quotes").all()
    nothing = study_networks([], study.corpus, study.codes, labelled, 20, "cpu", 1)
    assert [len(table) for table in nothing] == [0, 0, 0, 0]
    networks = [Network(study.trained, frame, options | {"concepts": ["rhyme"]})]
    with pytest.raises(CharlensError, match=r"'rhyme', expected some of line_position, .*prose"):
        study_networks(networks, study.corpus, study.codes, labelled, 20, "cpu", 1)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([[1, 9999]], "has no unit 9999, expected 0 to 8"),
        ([[1, 0], [2, 0]], "has no layer 2, expected 1 to 1"),
        ([[1, 8], [1, 9]], "has no unit 9, expected 0 to 8"),
    ],
)
def test_cells_that_a_network_lacks_are_no_empty_table(plant, cells, words):
    study = plant.study
    labelled = Labelled.of(study.text, "prose")
    options = {"cells": cells, "concepts": None, "modes": [MEAN], "controls": 50}
    options |= {"characters": 900, "bootstrap": 50}
    networks = [Network(study.trained, ranking([("inside_quotes", 1, 0, 0.9, 0.9)]), options)]
    with pytest.raises(CharlensError, match=words):
        study_networks(networks, study.corpus, study.codes, labelled, 20, "cpu", 1)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (2.84, "2.8"),
        (-1.1, "−1.1"),
        (-0.04, "0.0"),  # nothing is no less than nothing
        (107.6, "108"),
        (-33.3, "−33"),
        (float("inf"), "> 1000"),
        (float("nan"), "–"),
    ],
)
def test_ratios_for_people(ratio: float, text: str) -> None:
    assert causal_cells.ratio_text(ratio) == text
