"""Products with operands rounded to bfloat16: how far from exact, which, and where it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import torch
from charlens.models.products import (
    add_product,
    multiply,
    multiply_into,
    prepared,
    rounded,
)
from torch import Tensor

LARGE, SMALL = (100, 128, 256), (20, 16, 32)


def operands(size: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    rows, inner, columns = size
    generator = torch.Generator().manual_seed(5)
    return (
        torch.rand(rows, inner, generator=generator),
        torch.rand(inner, columns, generator=generator),
    )


def into(a: Tensor, b: Tensor) -> Tensor:
    out = torch.full((a.shape[0], b.shape[1]), 7.0)
    multiply_into(out, a, b)
    return out


def added(a: Tensor, b: Tensor) -> Tensor:
    out = torch.zeros(a.shape[0], b.shape[1])
    add_product(out, a, b)
    return out


PRODUCTS = pytest.mark.parametrize("product", [multiply, into, added])
Product = Callable[[Tensor, Tensor], Tensor]


@PRODUCTS
@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_outside_they_are_torchs_bit_for_bit(product: Product, size: tuple[int, int, int]) -> None:
    a, b = operands(size)
    assert prepared(b) is b
    assert torch.equal(product(a, b), torch.mm(a, b))


@PRODUCTS
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("rows", [1023, 1024, 1500])
def test_tall_ones_are_the_products_of_their_rows(
    product: Product, rows: int, transposed: bool
) -> None:
    a, b = operands((rows, 77, 231))
    if transposed:  # as a gradient that goes down through the weights
        b = b.t().contiguous().t()
    exact = a.double() @ b.double()
    assert torch.allclose(product(a, b).double(), exact, rtol=1e-6)


@PRODUCTS
@pytest.mark.parametrize("prepare", [False, True])
def test_inside_large_ones_are_exact_sums_of_rounded_operands(
    product: Product, prepare: bool
) -> None:
    a, b = operands(LARGE)
    exact = torch.mm(a.bfloat16().double(), b.bfloat16().double())
    with rounded():
        computed = product(a, prepared(b) if prepare else b)
    assert computed.dtype == torch.float32
    # One rounding to 8 bits at the end: half a unit in the last place is 2⁻⁹ … 2⁻⁸ of the value.
    assert ((computed - exact).abs() / exact).max() < 2**-8
    assert not torch.equal(computed, torch.mm(a, b))


@PRODUCTS
def test_inside_small_ones_stay_exact(product: Product) -> None:
    """Their copies would cost more than the multiplication gains."""
    a, b = operands(SMALL)
    with rounded():
        assert prepared(b) is b
        assert torch.equal(product(a, b), torch.mm(a, b))


def test_the_sum_that_is_added_to_keeps_its_bits() -> None:
    a, b = operands(LARGE)
    out = torch.full((100, 256), 1.0 + 2**-20)
    with rounded():
        add_product(out, torch.zeros_like(a), b)
    assert torch.equal(out, torch.full((100, 256), 1.0 + 2**-20))


def test_the_block_ends_with_itself_also_by_an_exception() -> None:
    a, b = operands(LARGE)
    exact = torch.mm(a, b)
    with pytest.raises(ValueError, match="inside"), rounded():
        raise ValueError("inside")
    assert torch.equal(multiply(a, b), exact)
    with rounded():
        with rounded():
            pass
        assert not torch.equal(multiply(a, b), exact)


def test_other_threads_are_not_concerned() -> None:
    a, b = operands(LARGE)
    products: list[Tensor] = []
    with rounded():
        thread = threading.Thread(target=lambda: products.append(multiply(a, b)))
        thread.start()
        thread.join()
    assert torch.equal(products[0], torch.mm(a, b))
