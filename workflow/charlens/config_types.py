"""Kinds of values that a config may hold, and how a wrong one is told."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError


def problem(path: str, found: object, message: str) -> PydanticCustomError:
    """A validation error that names ``path`` (dotted, below the validated object) by itself."""
    return PydanticCustomError(
        "charlens", "{message}", {"path": path, "found": found, "message": message}
    )


def _scientific(value: object) -> object:
    """Read ``1e-8`` as a number: YAML 1.1 calls it text because it has no decimal point."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+", value):
        return float(value)
    return value


def empty_section(value: object) -> object:
    """A section whose keys are all commented out is None in YAML: it means the defaults."""
    return {} if value is None else value


def unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a list that holds a value twice."""
    if len(set(values)) < len(values):
        raise problem("", list(values), "expected each value once")
    return values


def increasing(values: tuple[int, ...]) -> tuple[int, ...]:
    """Refuse a list that does not increase from each number to the next."""
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise problem("", list(values), "expected numbers in increasing order, each once")
    return values


def opening_and_closing(value: str) -> str:
    """Refuse two equal characters, which cannot be told apart, but for double quotes."""
    if value[0] == value[1] and value != '""':
        raise problem("", value, 'expected two different characters, or "" for quotations')
    return value


def number(**limits: float) -> Any:
    """The type of a finite number within ``limits`` (gt, ge, lt, le)."""
    finite = Field(allow_inf_nan=False, **limits)  # type: ignore[arg-type]
    return Annotated[float, Strict(), finite, BeforeValidator(_scientific)]


def text(pattern: str, words: str, example: str | None = None, longest: int | None = None) -> Any:
    """The type of a text that matches ``pattern``, which errors and editors tell by ``words``."""
    told = {"patternErrorMessage": words}  # an extension of JSON Schema that editors know
    examples = None if example is None else [example]
    field = Field(pattern=pattern, max_length=longest, examples=examples, json_schema_extra=told)
    return Annotated[Text, field]


LONGEST_NAME = 100
"""Characters of a name: it becomes part of file names, which end at 255 bytes."""

Integer = Annotated[int, Strict()]
Text = Annotated[str, Strict(), Field(min_length=1)]
Bytes = Annotated[Integer, Field(ge=1)]
Sha1 = Annotated[text("^[0-9a-fA-F]{40}$", "40 hexadecimal digits"), AfterValidator(str.lower)]
Sha256 = Annotated[text("^[0-9a-fA-F]{64}$", "64 hexadecimal digits"), AfterValidator(str.lower)]
Share = number(ge=1e-4, lt=1)
CorpusName = text(
    "^[a-z][a-z0-9_]*$",
    "text of lower-case letters, digits and _, a letter first",
    "my_novel",
    LONGEST_NAME,
)
RunName = text(
    "^[A-Za-z0-9][A-Za-z0-9_-]*$",
    "text of letters, digits, - and _, a letter or digit first",
    "my-study",
    LONGEST_NAME,
)


class Section(BaseModel):
    """Unknown keys are errors and values never change once checked."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
