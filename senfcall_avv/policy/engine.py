"""The interface between the gateway and whatever decides: pure functions from (call, subject) to a decision.

An engine's ``compile`` may be slow but does no input or output. A policy is immutable and shared by all threads. Same
input, same output: no clock, no randomness, no logging, no globals. ``decide`` raises for no call that
``senfcall_avv.bbb.call.parse`` can make. The gateway runs every engine behind ``guard``, which turns whatever breaks
these promises into a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import ClassVar, Final, Literal, Protocol

from senfcall_avv.bbb.call import Call
from senfcall_avv.bbb.catalog import Catalogue

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Outcome(Enum):
    """The three verbs of the language."""

    FORWARD = "forward"
    ANSWER = "answer"
    REFUSE = "refuse"


class Reason(StrEnum):
    """Why a call was refused, or a parameter ignored or changed. The values are what the ledger keeps."""

    NOT_LISTED = "not_listed"
    UNKNOWN_NAME = "unknown_name"
    LOOKALIKE = "lookalike"
    BAD_NAME = "bad_name"
    RESERVED = "reserved"
    UNSIGNED = "unsigned"
    BODY_DROPPED = "body_dropped"
    FORCED = "forced"
    BAD_VALUE = "bad_value"
    NOT_A_CHOICE = "not_a_choice"
    BAD_URL = "bad_url"
    MALFORMED = "malformed"
    OUT_OF_RANGE = "out_of_range"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NO_MATCH = "no_match"
    MISSING = "missing"
    EMPTY = "empty"
    CLAMPED = "clamped"
    CLEANED = "cleaned"
    ITEM_REMOVED = "item_removed"
    REPEATED = "repeated"
    DUPLICATE = "duplicate"
    CALL_UNKNOWN = "call_unknown"
    CALL_NOT_ALLOWED = "call_not_allowed"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    ANSWERED_HERE = "answered_here"
    BODY_REFUSED = "body_refused"
    ENGINE_RULE = "engine_rule"
    ENGINE_ERROR = "engine_error"


INVALID_NAME: Final = "(invalid)"
"""Stands in the notes for every name that cannot be a parameter's: such names are counted, never kept."""
BODY_NAME: Final = "(body)"
"""Stands in the notes for a request body."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that bound one organisation; None is "no limit". ``duration`` is in minutes, the rates are per minute."""

    calls_per_minute: int | None = None
    joins_per_minute: int | None = None
    meetings: int | None = None
    participants: int | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """On whose behalf a call is made. ``organization`` is the endpoint's key; ``limits`` are the portal's numbers."""

    organization: str
    profile: str
    limits: Limits = Limits()
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was passed on. ``message`` is English and goes to the plugin; None: BBB's own words for the key."""

    key: str
    reason: Reason
    param: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a call. Made by ``forward``, ``answer`` and ``refuse`` alone.

    ``params`` is sorted by name. ``ignored`` and ``changed`` hold names with reasons, never values; a refusal has
    neither.
    """

    outcome: Outcome
    params: Mapping[str, str]
    ignored: Mapping[str, Reason]
    changed: Mapping[str, Reason]
    answer: str | None
    refusal: Refusal | None
    body: Literal["none", "forward"]
    revision: str

    @classmethod
    def forwarding(
        cls,
        params: Mapping[str, str],
        revision: str,
        ignored: Mapping[str, Reason] = _NOTHING,  # type: ignore[assignment]  # an empty mapping of any value type
        changed: Mapping[str, Reason] = _NOTHING,  # type: ignore[assignment]  # as above
        body: Literal["none", "forward"] = "none",
    ) -> Decision:
        """Pass the call on with exactly these parameters."""
        return cls(Outcome.FORWARD, params, ignored, changed, None, None, body, revision)

    @classmethod
    def answering(cls, kind: str, revision: str) -> Decision:
        """Answer the call with one of ``bbb.xml.ANSWERS``, without asking a backend."""
        return cls(Outcome.ANSWER, {}, {}, {}, kind, None, "none", revision)

    @classmethod
    def refusing(
        cls, key: str, reason: Reason, revision: str, param: str | None = None, message: str | None = None
    ) -> Decision:
        """Refuse the call with BBB's messageKey."""
        return cls(Outcome.REFUSE, {}, {}, {}, None, Refusal(key, reason, param, message), "none", revision)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an explanation: the number of the step in the order of evaluation, and what happened there.

    ``name`` is the parameter (or call) concerned, ``origin`` where the rule stands (``base.toml:33``). The last step of
    an explanation carries the decision.
    """

    number: int
    title: str
    name: str = ""
    text: str = ""
    reason: Reason | None = None
    origin: str = ""
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class ParameterDescription:
    """One parameter of a call as a profile treats it. ``value`` is what is sent whatever the client says.

    ``minimum`` and ``maximum`` are code points for texts, values for integers; None: no bound worth a word. ``schemes``
    are those of an address, ``html`` is what becomes of markup, ``count`` how many of a family may come.
    """

    name: str
    type: str
    summary: str
    required: bool = False
    otherwise: str = "drop"
    default: str | None = None
    value: str | None = None
    origins: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    zero_is_unlimited: bool = False
    choices: tuple[str, ...] | None = None
    schemes: tuple[str, ...] = ()
    hosts: tuple[str, ...] | None = None
    patterns: tuple[str, ...] = ()
    html: str = "keep"
    count: int | None = None


@dataclass(frozen=True, slots=True)
class CallDescription:
    """One call as a profile treats it. ``detail`` is the kind of answer or the messageKey of the refusal."""

    name: str
    verb: Outcome
    detail: str = ""
    message: str = ""
    methods: tuple[str, ...] = ()
    parameters: tuple[ParameterDescription, ...] = ()
    origin: str = ""
    passes_body: bool = False
    """Whether a request's body is passed on as it came."""


@dataclass(frozen=True, slots=True)
class Description:
    """A whole profile, in the order of its file: what the API page and ``avv policy show`` print."""

    profile: str
    title: str
    calls: tuple[CallDescription, ...]
    limits: Limits
    revision: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts that a policy is made of, by file name (``base.toml``), already read: engines do no input or output.

    ``directory`` is for messages only.
    """

    files: Mapping[str, str]
    directory: str = "policies"

    def text(self, name: str) -> str:
        """Give one file's text; raises KeyError if there is none of that name."""
        return self.files[name]


class Policy(Protocol):
    """A compiled policy: immutable, shared by all threads."""

    revision: str

    @property
    def profiles(self) -> Sequence[str]:
        """Names of the profiles that an organisation can be given."""
        ...

    def limits(self, subject: Subject) -> Limits:
        """Give the numbers in force for an organisation: its own within what its profile allows."""
        ...

    def decide(self, call: Call, subject: Subject) -> Decision:
        """Decide about a call. An unknown profile is a refusal with ``engine_error``."""
        ...

    def explain(self, call: Call, subject: Subject) -> Sequence[Step]:
        """Say how ``decide`` comes to its decision, by the same code; the last step carries the decision."""
        ...

    def describe(self, profile: str) -> Description:
        """Describe a profile. Raises KeyError if there is none of that name."""
        ...


class PolicyEngine(Protocol):
    """Makes policies. Found by the entry-point group ``senfcall_avv.policy_engines``."""

    api: ClassVar[int]
    """Version of this interface that the engine was written for: 1."""
    name: ClassVar[str]
    """Part of the revision."""

    def compile(self, sources: Sources, catalogue: Catalogue) -> Policy:
        """Make a policy of these texts. Raises ``PolicyError`` with every diagnostic at once."""
        ...
