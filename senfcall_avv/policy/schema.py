"""The shape of one policy file: which keys there are, and of which TOML type. The only module here that knows pydantic.

A file that has this shape may still be nonsense; ``checks`` says what it means against the catalogue and its parents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from senfcall_avv.policy.ruleset import Html, Otherwise

VERSION: Final = 1
"""The language's version that this program reads."""
MAX_MESSAGE: Final = 200


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class RuleTable(_Table):
    """How a value must look; None is "nothing said"."""

    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    choices: list[str] | None = None
    schemes: list[str] | None = None
    hosts: list[str] | None = None
    max_items: int | None = None
    html: Html | None = None
    required: bool | None = None
    otherwise: Otherwise | None = None


class FamilyTable(_Table):
    """Which names of a family are passed on."""

    names: list[str] | None = None
    pattern: str | None = None
    max: int | None = None
    count: int | None = None


class BodyTable(_Table):
    """What becomes of a request body."""

    form: Literal["when_query_is_empty", "never"] | None = None
    xml: Literal["drop", "refuse", "forward"] | None = None
    other: Literal["drop", "refuse"] | None = None
    max_bytes: int | None = None
    documents: Literal["inline", "url"] | None = None
    accept_risk: str | None = None


class ExtraTable(_Table):
    """A parameter that the catalogue does not know yet."""

    type: Literal["string", "text", "boolean", "integer", "enum", "list", "url", "colour", "id", "password"]
    min: int | None = None
    max: int | None = None
    choices: list[str] | None = None


class CallTable(_Table):
    """One call. Values of ``set``, ``default``, ``add`` and ``remove`` are compared with the parameter's type later."""

    forward: list[str] | None = None
    answer: str | None = None
    refuse: str | None = None
    message: str | None = None
    methods: list[str] | None = None
    rules: dict[str, RuleTable] = Field(default_factory=dict)
    families: dict[str, FamilyTable] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)
    default: dict[str, Any] = Field(default_factory=dict)
    add: dict[str, Any] = Field(default_factory=dict)
    remove: dict[str, Any] = Field(default_factory=dict)
    extra: dict[str, ExtraTable] = Field(default_factory=dict)
    accept_risk: dict[str, str] = Field(default_factory=dict)
    body: BodyTable = Field(default_factory=BodyTable)


class LimitTable(_Table):
    """One limit; a plain number stands for both."""

    default: int
    max: int


def _both(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"default": value, "max": value}
    return value


Limit = Annotated[LimitTable, BeforeValidator(_both)]


class LimitsTable(_Table):
    """What one organisation may use."""

    calls_per_minute: Limit | None = None
    joins_per_minute: Limit | None = None
    meetings: Limit | None = None
    participants: Limit | None = None
    duration: Limit | None = None


class RootTable(_Table):
    """The document without a call."""

    answer: str | None = None
    refuse: str | None = None


class PolicyFile(_Table):
    """A whole file. ``valid`` is part of the language but not of this version; whoever reads it must refuse it."""

    version: int = Field(alias="schema", ge=VERSION, le=VERSION)
    title: str
    extends: str | None = None
    abstract: bool = False
    never: list[str] = Field(default_factory=list)
    widen: list[str] = Field(default_factory=list)
    valid: Any = None
    root: RootTable = Field(default_factory=RootTable)
    body: BodyTable = Field(default_factory=BodyTable)
    limits: LimitsTable = Field(default_factory=LimitsTable)
    rules: dict[str, RuleTable] = Field(default_factory=dict)
    calls: dict[str, CallTable] = Field(default_factory=dict)


class Misfit(NamedTuple):
    """One place where a text has the wrong shape. ``kind`` is ours: pydantic's words are for programmers.

    ``keys`` are the keys that would be known there, ``expected`` says what a value must be.
    """

    kind: Literal["unknown_key", "missing", "wrong_type"]
    path: tuple[str | int, ...]
    value: object
    keys: tuple[str, ...] = ()
    expected: str = ""


_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "text in quotes",
    "int_type": "an integer",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def shape(data: Mapping[str, object]) -> PolicyFile | list[Misfit]:
    """Read ``tomllib``'s result as a policy file, or say all that is wrong with its shape."""
    try:
        return PolicyFile.model_validate(data)
    except ValidationError as error:
        return list(_misfits(error))


def _misfits(error: ValidationError) -> Iterator[Misfit]:
    for problem in error.errors(include_url=False, include_context=True):
        path, kind = problem["loc"], problem["type"]
        if kind == "extra_forbidden":
            yield Misfit("unknown_key", path, problem["input"], _keys_at(path[:-1]))
        elif kind == "missing":
            yield Misfit("missing", path, None)
        elif kind == "literal_error":
            words = tuple(str(word) for word in _words_at(path))
            yield Misfit("wrong_type", path, problem["input"], words, "one of " + ", ".join(words))
        else:
            yield Misfit("wrong_type", path, problem["input"], (), _EXPECTED.get(kind, "of another type"))


@cache
def _model_at(path: tuple[str | int, ...]) -> Any:
    """Give the annotation at a key path: a model, a container or a type."""
    at: Any = PolicyFile
    for part in path:
        if isinstance(at, type) and issubclass(at, BaseModel):
            fields = {(field.alias or name): field.annotation for name, field in at.model_fields.items()}
            at = _bare(fields.get(str(part)))
        else:
            at = _bare(get_args(at)[-1]) if get_args(at) else None
    return at


def _bare(annotation: Any) -> Any:
    """Take ``| None`` and ``Annotated`` off."""
    while True:
        if getattr(annotation, "__metadata__", None):
            annotation = annotation.__origin__
            continue
        if getattr(annotation, "__origin__", None) in {dict, list, Literal}:
            return annotation
        arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
        if len(arguments) != 1:
            return annotation
        annotation = arguments[0]


def _keys_at(path: tuple[str | int, ...]) -> tuple[str, ...]:
    model = _model_at(path)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return tuple(field.alias or name for name, field in model.model_fields.items())
    return ()


def _words_at(path: tuple[str | int, ...]) -> tuple[object, ...]:
    return get_args(_model_at(path))
