"""Parts of the Transformer beside what autograd makes of their formulas."""

import math

import pytest
import torch
from charlens.models import transformer_parts
from charlens.models.transformer_parts import EPSILON, heads, mlp, normed
from torch.autograd import gradcheck
from torch.nn.functional import gelu

BATCH, STEPS, KEPT, HEADS, UNITS, WIDTH = 3, 4, 5, 2, 6, 7


def draw(*shape: int, learned: bool = True) -> torch.Tensor:
    values = torch.randn(*shape, dtype=torch.float64)
    return values.requires_grad_() if learned else values


def equal(made: torch.Tensor, expected: torch.Tensor, leaves: list[torch.Tensor]) -> None:
    """Values and gradients agree to the last digits of float64."""
    torch.testing.assert_close(made, expected, rtol=1e-12, atol=1e-12)
    weights = torch.randn(made.shape, dtype=made.dtype)
    gradients = (
        torch.autograd.grad(out, leaves, weights, retain_graph=True) for out in (made, expected)
    )
    for mine, autograd in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, autograd, rtol=1e-12, atol=1e-12)


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(1)


@pytest.mark.parametrize("shape", [(WIDTH,), (WIDTH, 1)])
def test_rms_norm(shape: tuple[int, ...]) -> None:
    x, gain = draw(9, WIDTH), draw(*shape)
    rms = (x.square().mean(1, keepdim=True) + EPSILON).sqrt()
    equal(normed(x, gain), x / rms * (1 + gain.flatten()), [x, gain])
    assert gradcheck(normed, (x, gain))


def test_a_row_of_zeros_stays_one() -> None:
    x = torch.zeros(1, WIDTH, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(normed(x, draw(WIDTH)).sum(), x)
    assert normed(x, draw(WIDTH)).abs().max() == 0
    assert slope.isfinite().all()


@pytest.mark.parametrize("rows", [1, 4, 5, 1000])
def test_mlp_in_blocks(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformer_parts, "ROWS", rows)
    x, up, down = draw(9, WIDTH), draw(WIDTH, 11), draw(11, 5)
    equal(mlp(x, up, down), gelu(x @ up) @ down, [x, up, down])
    assert gradcheck(mlp, (x, up, down))


def angles(length: int) -> tuple[torch.Tensor, torch.Tensor]:
    rates = torch.tensor([1.0, 0.3, 0.01], dtype=torch.float64)
    turned = torch.arange(length, dtype=torch.float64).unsqueeze(1) * rates
    return turned.cos(), turned.sin()


def by_hand(x, weight, key, value, cos, sin) -> tuple[torch.Tensor, ...]:
    """Queries, keys and values, head by head and position by position as complex numbers."""

    def turned(vectors: torch.Tensor, first: int) -> torch.Tensor:
        pairs = torch.complex(*vectors.chunk(2, -1))
        pairs = pairs * torch.complex(cos, sin)[first : first + vectors.shape[2]]
        return torch.cat([pairs.real, pairs.imag], -1)

    columns = (x @ weight).view(BATCH, STEPS, 3 * HEADS, UNITS).unbind(2)
    new = [torch.stack(columns[i * HEADS : (i + 1) * HEADS], 1) for i in range(3)]
    keys = turned(torch.cat([key, new[1]], 2), 0)
    return turned(new[0], KEPT), keys, torch.cat([value, new[2]], 2), torch.stack(new)


def test_heads() -> None:
    x, weight = draw(BATCH * STEPS, WIDTH), draw(WIDTH, 3 * HEADS * UNITS)
    past = [draw(BATCH, HEADS, KEPT, UNITS, learned=False) for _ in range(2)]
    made = heads(x, weight, past, *angles(KEPT + STEPS))
    expected = by_hand(x, weight, *past, *angles(KEPT + STEPS))
    for mine, other in zip(made[:3], expected[:3], strict=True):
        equal(mine, other, [x, weight])
    torch.testing.assert_close(made[3], expected[3])
    assert not made[3].requires_grad
    assert gradcheck(lambda *of: heads(*of, past, *angles(KEPT + STEPS))[:3], (x, weight))


def test_attention_depends_on_distance_alone() -> None:
    """Queries and keys of one vector at two distances: their products follow the angle between."""
    cos, sin = angles(KEPT + STEPS)
    x = torch.ones(STEPS, 1, dtype=torch.float64)
    weight = torch.zeros(1, 3 * UNITS, dtype=torch.float64)
    weight[:, [0, UNITS]] = 1.0  # the first unit of query and key
    past = [torch.zeros(1, 1, KEPT, UNITS, dtype=torch.float64)] * 2
    query, key, *_ = heads(x, weight, past, cos, sin)
    products = query[0, 0] @ key[0, 0, KEPT:].T
    for i in range(STEPS):
        for j in range(STEPS):
            assert products[i, j].item() == pytest.approx(math.cos(i - j))
