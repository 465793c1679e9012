"""The verb ``intervene``: what it sets, what it measures, what it refuses."""

import charlens as cl
import numpy as np
import pytest
from charlens.errors import CharlensError

STRING = 'the cat said "no" and sat on the mat'


def test_left_alone_it_predicts_as_predict_and_a_mean_is_that_of_the_text(text, model):
    alone = cl.predict(model, text)
    effect = cl.intervene(model, text, 3, "mean", layer=2)
    np.testing.assert_allclose(np.exp(-effect.base_loss), alone.probability, rtol=1e-4)
    assert np.abs(effect.delta_loss).max() > 1e-4
    tanh = np.tanh(cl.activations(model, text, "c", layer=2, units=[3]).values).mean()
    assert effect.value == pytest.approx(tanh, abs=1e-6)
    same = cl.intervene(model, text, 3, "value", layer=2, value=effect.value)
    np.testing.assert_allclose(same.loss, effect.loss, atol=1e-5)


def test_a_string_has_a_prediction_for_each_byte_but_the_first(model):
    effect = cl.intervene(model, STRING, 0, "zero")
    assert effect.text == STRING[1:].encode()
    scored = model.score(STRING).to_frame()["nats"].to_numpy()[1:]
    np.testing.assert_allclose(effect.base_loss, scored, atol=1e-4)


def test_a_patch_changes_nothing_before_it(model):
    effect = cl.intervene(model, STRING, 0, "patch", value=0.9, start=10)
    assert np.abs(effect.delta_loss[:10]).max() < 1e-6
    assert abs(effect.delta_loss[10]) > 1e-6
    late = cl.intervene(model, STRING, 0, "value", value=0.9, start=10, stop=11)
    np.testing.assert_array_equal(late.loss, effect.loss)


def test_a_symbol_is_followed_and_classes_are_those_of_the_concept(text, model):
    effect = cl.intervene(model, text, 1, "high", concept="inside_quotes", symbol='"')
    assert effect.summary()["class"].tolist() == [
        "opening",
        "closing",
        "inside",
        "outside",
        "other",
    ]
    counts = effect.summary().set_index("class")["n"]
    marks = effect.text.count(b'"')
    assert marks > 20
    assert counts["opening"] + counts["closing"] == marks
    assert counts["other"] == len(effect) - marks
    at_marks = np.frombuffer(effect.text, np.uint8) == ord('"')
    taken = np.exp(-effect.base_loss)
    np.testing.assert_allclose(effect.base_p[at_marks], taken[at_marks], rtol=1e-4)
    assert not np.allclose(effect.base_p[~at_marks], taken[~at_marks])


def test_resample_needs_another_stream(text, model):
    assert np.isnan(cl.intervene(model, text, 2, "resample").value)
    with pytest.raises(CharlensError, match="at least 2 streams"):
        cl.intervene(model, STRING, 2, "resample")


def test_it_shows_itself(text, model):
    effect = cl.intervene(model, text, 2, "low", concept="line_position")
    assert "unit 2 of layer 1 set to low" in repr(effect)
    page = effect._repr_html_()
    assert "<table>" in page
    assert "<pre" in page
    assert len(effect.to_frame()) == len(effect)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((99,), {}, "has no unit 99, expected 0 to"),
        ((0,), {"layer": 3}, "has no layer 3, expected 1 to 2"),
        ((0, "median"), {}, "expected a mode of low, high, mean, .*, found 'median'"),
        ((0, "value"), {}, "'value' needs a value"),
        ((0, "low"), {}, "'low' needs a concept"),
        ((0, "low"), {"concept": "rhyme"}, "no concept 'rhyme' .* line_position"),
    ],
)
def test_a_wrong_call_is_one_line(text, model, arguments, options, words):
    with pytest.raises(CharlensError, match=words) as error:
        cl.intervene(model, text, *arguments, **options)
    assert "\n" not in str(error.value)
