"""Types of config values, and the errors of wrong ones."""

from __future__ import annotations

import ast
import codecs
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt
from pydantic import (
    AfterValidator,
    AllowInfNan,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError


def problem(path: str, value: object, message: str) -> PydanticCustomError:
    """A validation error that names the key ``path`` (dotted, relative to the validated object)."""
    return PydanticCustomError(
        "charlens", "{message}", {"path": path, "found": value, "message": message}
    )


def _scientific(value: object) -> object:
    """Read ``1e-8`` as a number: YAML 1.1 calls it text because it has no decimal point."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+", value):
        return float(value)
    return value


def empty_section(value: object) -> object:
    """Replace None by {}: YAML reads a section whose keys are all commented out as None."""
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
    """Refuse two equal characters, which have no direction; two double quotes are allowed."""
    if value[0] == value[1] and value != '""':
        raise problem("", value, 'expected two different characters, or "" for quotations')
    return value


@dataclass(frozen=True, slots=True)
class Number(GroupedMetadata):
    """Limits of a finite number: ``Annotated[float, Number(gt=0, le=10)]``."""

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None

    def __iter__(self) -> Iterator[object]:
        """Yield the checks that pydantic makes, one by one."""
        yield Strict()
        yield AllowInfNan(False)
        limits = ((Gt, self.gt), (Ge, self.ge), (Lt, self.lt), (Le, self.le))
        yield from (limit(value) for limit, value in limits if value is not None)
        yield BeforeValidator(_scientific)


def matching(regex: str, words: str, example: str | None = None, longest: int | None = None) -> Any:
    """Field settings of a text that must match an expression.

    For example ``Annotated[Text, matching("^[a-z]+$", "lower-case letters")]``.

    Args:
        regex: what the text must match.
        words: the same in words, for errors and for editors.
        example: a valid text, for editors.
        longest: characters at most.
    """
    # patternErrorMessage is an extension of JSON Schema that editors know.
    extra: JsonDict = {"patternErrorMessage": words}
    examples = None if example is None else [example]
    return Field(pattern=regex, max_length=longest, examples=examples, json_schema_extra=extra)


def not_repeating(name: str) -> str:
    """Refuse a name that ends in 20 equal pieces: Snakemake takes it for an endless loop."""
    if re.search(r"(.+?)\1{19,}$", name):
        raise problem("", name, "expected a name that does not go on repeating itself")
    return name


LONGEST_NAME = 100
"""Characters of a name: it becomes part of file names, which have at most 255 bytes."""

# Encodings that keep a state other than that of charlens.text.shifted, name no byte order or give
# two characters for one code: where one character ends cannot be known from the character alone.
_NOT_BY_CHARACTER = re.compile(
    r"iso2022_jp_|utf-7|^utf-16$|^utf-32$|2004|0213|hkscs|escape|punycode|idna|undefined|mbcs|oem"
)


def text_encoding(name: str) -> str:
    """The name that Python gives to an encoding of texts.

    Args:
        name: any of its names, such as ``UTF8`` or ``latin-1``.

    Raises:
        PydanticCustomError: there is no such encoding, or one that cannot be read by character.
    """
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        codec = None
    if codec is None or not getattr(codec, "_is_text_encoding", False):
        expected = (
            "expected an encoding that Python knows, such as utf-8, latin-1, cp1251 or gb18030"
        )
        raise problem("", name, expected)
    if codec.name in ("ascii", "utf-8-sig"):
        return "utf-8"
    if _NOT_BY_CHARACTER.search(codec.name):
        expected = "expected an encoding with one code for each character"
        if codec.name in ("utf-16", "utf-32"):
            expected = f"expected its byte order, too: {codec.name}-le or {codec.name}-be"
        raise problem("", name, expected)
    return codec.name


MOST_SEEDS = 1000
"""Trainings of one network, at most: each is a job."""

LARGEST_SEED = 10**18
"""Tables hold seeds, those of further trainings too, as whole numbers of 64 bits, and Snakemake
refuses file names where a digit repeats for long."""


def several_seeds(value: object) -> object:
    """Refuse what is neither a number of trainings nor a list of their seeds."""
    is_list = isinstance(value, list | tuple)
    numbers: list[Any] = [*value] if isinstance(value, list | tuple) else [value]
    whole = all(isinstance(one, int) and not isinstance(one, bool) for one in numbers)
    least = 0 if is_list else 1
    unsound = not numbers or not whole or min(numbers) < least or len({*numbers}) < len(numbers)
    unsound = unsound or max(numbers) > LARGEST_SEED
    if unsound or (len(numbers) if is_list else numbers[0]) > MOST_SEEDS:
        expected = (
            f"expected how many trainings, 1 or more and at most {MOST_SEEDS}, or the list of "
            "their seeds, each once and at most 10^18"
        )
        raise problem("", value, f"{expected}: 3, or [1, 2, 3]")
    return tuple(numbers) if is_list else value


Integer = Annotated[int, Strict()]
Seeds = Annotated[
    int | tuple[int, ...],
    BeforeValidator(several_seeds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST_SEEDS},
                {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_SEEDS,
                    "uniqueItems": True,
                    "items": {"type": "integer", "minimum": 0, "maximum": LARGEST_SEED},
                },
            ],
        }
    ),
]
Text = Annotated[str, Strict(), Field(min_length=1)]
Bytes = Annotated[Integer, Field(ge=1)]
Sha1 = Annotated[
    Text, matching("^[0-9a-fA-F]{40}$", "40 hexadecimal digits"), AfterValidator(str.lower)
]
Sha256 = Annotated[
    Text, matching("^[0-9a-fA-F]{64}$", "64 hexadecimal digits"), AfterValidator(str.lower)
]
Share = Annotated[float, Number(ge=1e-4, lt=1)]
Encoding = Annotated[Text, AfterValidator(text_encoding)]
"""The name of an encoding of texts."""
CorpusName = Annotated[
    Text,
    matching(
        "^[a-z][a-z0-9_]*$",
        "text of lower-case letters a-z, digits and _, a letter first",
        "my_novel",
        LONGEST_NAME,
    ),
    AfterValidator(not_repeating),
]
RunName = Annotated[
    Text,
    matching(
        "^[A-Za-z0-9][A-Za-z0-9_-]*$",
        "text of letters a-z and A-Z, digits, - and _, a letter or digit first",
        "my-study",
        LONGEST_NAME,
    ),
]


class Section(BaseModel):
    """A section of the config: unknown keys are errors, checked values are frozen.

    The text below a field describes it in the schema. It is read when a schema is made:
    pydantic's ``use_attribute_docstrings`` reads it whenever a class is, in every job.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        made = handler(core)
        properties = handler.resolve_ref_schema(made).get("properties", {})
        for name, text in field_descriptions(cls).items():
            if name in properties:
                properties[name].setdefault("description", text)
        return made


def field_descriptions(section: type[Section]) -> dict[str, str]:
    """The text below each field of a section and of those that it extends."""
    texts: dict[str, str] = {}
    for base in reversed(section.__mro__):
        if issubclass(base, Section) and base is not Section:
            (tree,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
            assert isinstance(tree, ast.ClassDef)
            for field, after in pairwise(tree.body):
                match field, after:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        texts[name] = inspect.cleandoc(text)
    return texts
