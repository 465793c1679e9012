"""Mixed precision on a CPU: where it applies, that it never leaks, that training still learns."""

from __future__ import annotations

import logging

import charlens.models.precision
import charlens.training.trainer
import pytest
import torch
from charlens.models import products
from charlens.models.precision import (
    FLOAT16,
    FLOAT32,
    bfloat16,
    bfloat16_feature,
    choose_precision,
)
from charlens.models.products import multiply
from test_train import trainer

CPU = torch.device("cpu")
NATIVE = bfloat16_feature()
native = pytest.mark.skipif(NATIVE is None, reason="this processor has no bfloat16 products")


def product():
    generator = torch.Generator().manual_seed(3)
    a, b = (torch.rand(192, 192, generator=generator) for _ in range(2))
    return multiply(a, b)


def rounding():
    """How products are computed now: torch's setting and ours."""
    return torch.backends.mkldnn.matmul.fp32_precision, products._rounds.get()


@pytest.fixture(params=["AMX", "AVX-512 BF16"])
def mixed(request, monkeypatch):
    """Every trainer takes the bfloat16 path, by torch's setting or by operands rounded here.

    The setting acts where the processor can. Of ours, all products are rounded however small.
    """
    monkeypatch.setattr(products, "_LEAST_WEIGHTS", 1)
    monkeypatch.setattr(products, "_LEAST", 1)
    precision = bfloat16(request.param)
    monkeypatch.setattr(charlens.training.trainer, "choose_precision", lambda *_: precision)
    return precision


def test_the_setting_lasts_for_the_block_only():
    setting = torch.backends.mkldnn.matmul
    before = setting.fp32_precision
    with bfloat16().products():
        assert setting.fp32_precision == "bf16"
    assert setting.fp32_precision == before
    with pytest.raises(ValueError, match="inside"), bfloat16().products():
        raise ValueError("inside")
    assert setting.fp32_precision == before


@pytest.mark.parametrize("feature", ["AMX", "AVX-512 BF16"])
def test_products_that_are_never_rounded(feature, monkeypatch):
    monkeypatch.setattr(products, "_LEAST", 1)
    exact = product()
    with bfloat16(feature).products():
        around = rounding()
        with products.unrounded():
            assert torch.equal(product(), exact)
            assert rounding()[0] != "bf16"
        assert rounding() == around
        with pytest.raises(ValueError, match="inside"), products.unrounded():
            raise ValueError("inside")
        assert rounding() == around
        if feature == "AVX-512 BF16":
            assert not torch.equal(product(), exact)


def test_the_decoder_is_never_rounded(mixed, monkeypatch):
    """Neither its scores nor its gradients; what is below it is."""
    run, seen = trainer(epochs=1), {"decoder": set(), "below": set()}
    model = run.windows.model
    for name in ("_scores", "_weight_gradient"):
        method = getattr(model, name)

        def spy(*operands, method=method):
            of_decoder = "_scores" in str(method) or operands[0] is model.grads["decoder"]
            seen["decoder" if of_decoder else "below"].add(rounding())
            return method(*operands)

        monkeypatch.setattr(model, name, spy)
    run.windows.start(0)
    run.windows.train(1, 0)
    assert seen["decoder"] <= {("none", False), ("ieee", False)}
    assert seen["below"]
    assert not seen["below"] & seen["decoder"]


@pytest.mark.parametrize("precision", [FLOAT32, FLOAT16])
def test_other_precisions_change_no_setting(precision):
    before = torch.backends.mkldnn.matmul.fp32_precision
    with precision.products():
        assert torch.backends.mkldnn.matmul.fp32_precision == before


def test_products_after_a_mixed_training_are_float32_bit_for_bit(mixed):
    before, exact = rounding(), product()
    run = trainer(epochs=2, dropout=(0.0, 0.4))
    run.run()
    assert rounding() == before
    assert torch.equal(product(), exact)


def test_validation_is_computed_outside_the_block(mixed, monkeypatch):
    """The products of a training window see the setting, those of validation do not."""
    run = trainer(epochs=1)
    seen = {"train": set(), "val": set()}
    forward = run.windows.model.forward

    def spy(inputs, *, drop=False):
        seen["train" if drop else "val"].add(rounding())
        return forward(inputs, drop=drop)

    monkeypatch.setattr(run.windows.model, "forward", spy)
    run.run()
    (training,), (validation,) = seen["train"], seen["val"]
    assert (training[0] == "bf16") != training[1]
    assert validation[0] != "bf16"
    assert not validation[1]


def test_a_processor_without_bfloat16_trains_in_float32_and_says_so_once(monkeypatch, caplog):
    monkeypatch.setattr(charlens.models.precision, "bfloat16_feature", lambda: None)
    caplog.set_level(logging.INFO, "charlens")
    trained = trainer(precision="mixed", dropout=(0.0, 0.4)).run()
    lines = [r.message for r in caplog.records if "bfloat16" in r.message]
    assert len(lines) == 1
    assert lines[0].endswith("training in float32, with fused kernels")
    assert trained.arithmetic == ["float32 (fused kernels)"]
    plain = trainer(precision="float32").run()
    exact = [r["val_loss"] for r in trained.curve if r["dropout"] == 0.0]
    assert exact == pytest.approx([r["val_loss"] for r in plain.curve], rel=1e-5)


def test_a_processor_that_has_it_trains_in_bfloat16(monkeypatch, caplog):
    monkeypatch.setattr(charlens.models.precision, "bfloat16_feature", lambda: "AMX")
    caplog.set_level(logging.INFO, "charlens")
    trained = trainer(precision="mixed", epochs=1).run()
    assert trained.arithmetic == ["bfloat16 (AMX)"]
    assert any("bfloat16 products by AMX" in record.message for record in caplog.records)


def test_a_library_that_does_not_use_the_instructions_is_noticed(monkeypatch):
    monkeypatch.setattr(charlens.models.precision, "_capabilities", lambda: {"amx_bf16": True})
    monkeypatch.setattr(charlens.models.precision, "_bfloat16_has_effect", lambda: False)
    assert bfloat16_feature() is None
    monkeypatch.setattr(charlens.models.precision, "_bfloat16_has_effect", lambda: True)
    assert bfloat16_feature() == "AMX"


@pytest.mark.parametrize(
    ("limit", "feature"),
    [
        ("", "AVX-512 BF16"),
        ("avx512_core_bf16", "AVX-512 BF16"),
        ("AVX512_CORE", None),
        ("AVX2", None),
    ],
)
def test_avx_512_without_amx_rounds_operands_unless_the_library_is_limited(
    monkeypatch, limit, feature
):
    monkeypatch.setattr(charlens.models.precision, "_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert bfloat16_feature() == feature
    assert bfloat16("AVX-512 BF16").rounds
    assert not bfloat16("AMX").rounds


def test_the_choice_by_device():
    assert choose_precision("float32", CPU) is FLOAT32
    assert choose_precision("mixed", torch.device("cuda")) is FLOAT16


def test_a_training_that_changes_processors_names_both(mixed, monkeypatch, tmp_path, caplog):
    """A state made with bfloat16 products goes on in float32, with a warning."""
    run = trainer(tmp_path, epochs=4, precision="mixed")
    run.run_epoch(lambda windows: None)
    run.save()
    monkeypatch.setattr(charlens.training.trainer, "choose_precision", lambda *_: FLOAT32)
    trained = trainer(tmp_path, epochs=4, precision="mixed").run()
    assert trained.arithmetic == [str(mixed), "float32"]
    assert trained.curve[0] == run.history.curve[0]
    assert any("from now on with float32" in record.message for record in caplog.records)


@pytest.mark.parametrize("cell", ["lstm", "rnn", "gru"])
def test_mixed_learns_what_float32_learns(mixed, monkeypatch, cell):
    """Losses stay within a hundredth of a nat on a toy text, with two candidates and dropout."""
    from charlens.models.parameters import Shape

    settings = {"shape": Shape(cell, 2, 6, 6), "epochs": 12, "learning_rate": 0.01}
    rounded = trainer(**settings).run()
    monkeypatch.setattr(charlens.training.trainer, "choose_precision", lambda *_: FLOAT32)
    exact = trainer(**settings).run()
    assert rounded.val_loss == pytest.approx(exact.val_loss, abs=0.01)
    assert rounded.val_loss < rounded.curve[0]["val_loss"] - 0.1


@native
def test_native_products_are_rounded_and_accumulated_in_float32():
    """bfloat16 has 8 bits: a product differs by about 2⁻⁹ of its size, and not by more."""
    exact = product()
    with bfloat16(NATIVE).products():
        rounded = product()
    distance = ((rounded - exact).abs() / exact).max().item()
    assert 1e-6 < distance < 2**-7
