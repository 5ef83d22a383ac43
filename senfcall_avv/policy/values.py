"""How a value must look: from a rule to a function that gives the value's canonical form or says what is wrong with it.

Such a function takes the decoded value (None where it could not be decoded) and gives the canonical form, which is
what is passed on, or a ``Verdict``. Every type checks in this order: damaged, empty, type, bounds, pattern. Nothing is
normalised: BBB compares code points.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any, Final, NamedTuple

import re2

from senfcall_avv.policy.engine import Reason
from senfcall_avv.policy.markup import clean
from senfcall_avv.policy.ruleset import Rule, Value


class Verdict(NamedTuple):
    """What a check says of a value that is not simply right; ``value`` is what can be passed on all the same."""

    value: str | None
    reason: Reason


Check = Callable[[str | None], str | Verdict]

EMPTY: Final = Verdict(None, Reason.EMPTY)
"""The value counts as absent."""
MALFORMED: Final = Verdict(None, Reason.MALFORMED)
BAD_VALUE: Final = Verdict(None, Reason.BAD_VALUE)
BAD_URL: Final = Verdict(None, Reason.BAD_URL)
NOT_A_CHOICE: Final = Verdict(None, Reason.NOT_A_CHOICE)
NO_MATCH: Final = Verdict(None, Reason.NO_MATCH)
OUT_OF_RANGE: Final = Verdict(None, Reason.OUT_OF_RANGE)
TOO_LONG: Final = Verdict(None, Reason.TOO_LONG)
TOO_SHORT: Final = Verdict(None, Reason.TOO_SHORT)

LARGEST_INTEGER: Final = 2**31 - 1
"""BBB reads integers of 32 bits."""
_NO_BOUND: Final = 1 << 62

_BROKEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters, and what XML 1.0 cannot carry."""
_BROKEN_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""The same for a text of several lines."""
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_COLOUR: Final = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_URL: Final = re.compile(
    rf"""(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://
    (?:(?P<host>{_LABEL}(?:\.{_LABEL})*\.?) | \[(?P<v6>[0-9A-Fa-f:.]{{2,45}})\])
    (?::(?P<port>[0-9]{{1,5}}))?
    (?:[/?\#][^\s"'<>{{}}|\\^]*)?""",
    re.VERBOSE,
)
_ALL_DIGITS: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?")
"""A host that browsers take for an IPv4 address, whatever its other parts are."""
_BOOLEANS: Final = {"true": "true", "false": "false", "1": "true", "0": "false"}
_PATTERN_MEMORY: Final = 1 << 20


def has_control_characters(value: str, *, lines: bool = False) -> bool:
    """Say whether a value holds what BBB strips or XML cannot carry; tabs and line ends are fine with ``lines``."""
    return not value.isprintable() and (_BROKEN_TEXT if lines else _BROKEN).search(value) is not None


def compile_pattern(pattern: str) -> Any:
    """Compile a pattern of a policy file, for ``fullmatch``: linear in time, bounded in memory.

    Raises ValueError, in RE2's words, for what RE2 does not know (look-ahead, references to groups) or cannot hold.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        words = error.args[0] if error.args else "not a pattern"
        raise ValueError(words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)) from error


def canonical(value: Value) -> str:
    """Write a value of a policy file as BBB reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _string(rule: Rule) -> Check:
    low, high, cut = rule.min or 1, rule.max or _NO_BOUND, rule.otherwise == "clamp"
    choices = None if rule.choices is None else frozenset(rule.choices)

    def check(value: str | None) -> str | Verdict:
        if value is None or (not value.isprintable() and _BROKEN.search(value)):
            return MALFORMED
        value = value.strip(" ")
        if not value:
            return EMPTY
        length = len(value)
        if length > high:
            shorter = value[:high].rstrip(" ")
            return Verdict(shorter, Reason.CLAMPED) if cut and len(shorter) >= low else TOO_LONG
        if length < low:
            return TOO_SHORT
        return value if choices is None or value in choices else NOT_A_CHOICE

    return check


def _text(rule: Rule) -> Check:
    low, high, cut, markup = rule.min or 1, rule.max or _NO_BOUND, rule.otherwise == "clamp", rule.html

    def cleaned(value: str) -> str | Verdict:
        better = clean(value, keep_tags=markup == "bbb")
        if better == value:
            return value
        if len(better) > high:
            return TOO_LONG
        return Verdict(better if better.strip() else None, Reason.CLEANED)

    def check(value: str | None) -> str | Verdict:
        if value is None or (not value.isprintable() and _BROKEN_TEXT.search(value)):
            return MALFORMED
        length = len(value)
        if length < low or (value[0] == " " and not value.strip(" ")):
            return TOO_SHORT if value.strip(" ") else EMPTY
        if length > high:
            if not cut:
                return TOO_LONG
            shorter = cleaned(value[:high]) if markup != "keep" else value[:high]
            return Verdict(shorter, Reason.CLAMPED) if isinstance(shorter, str) else shorter
        return cleaned(value) if markup != "keep" and "<" in value else value

    return check


def _boolean(_: Rule) -> Check:
    def check(value: str | None) -> str | Verdict:
        if value is None or (not value.isprintable() and _BROKEN.search(value)):
            return MALFORMED
        value = value.strip(" ")
        if not value:
            return EMPTY
        return _BOOLEANS.get(value.lower(), BAD_VALUE)  # no letter outside ASCII becomes one of these by lower()

    return check


def _integer(rule: Rule) -> Check:
    low = 0 if rule.min is None else rule.min
    high = LARGEST_INTEGER if rule.max is None else rule.max
    clamps, zero = rule.otherwise == "clamp", rule.zero_is_unlimited
    if zero:  # what is too much, zero included, is for the limit to say: see ceiling()
        high = max(high, LARGEST_INTEGER)

    def check(value: str | None) -> str | Verdict:
        if value is None or (not value.isprintable() and _BROKEN.search(value)):
            return MALFORMED
        value = value.strip(" ")
        if not value:
            return EMPTY
        if not _INTEGER.fullmatch(value):
            return BAD_VALUE
        number = int(value)
        if low <= number <= high:
            return str(number)
        if not clamps or (zero and not 0 < number < low):
            return OUT_OF_RANGE
        return Verdict(str(low if number < low else high), Reason.CLAMPED)

    return check


def ceiling(rule: Rule) -> int | None:
    """Give the most that a rule allows of a number whose zero means "unlimited"; None if it allows that."""
    if not rule.zero_is_unlimited or rule.max is None or rule.max >= LARGEST_INTEGER:
        return None
    return rule.max


def _spellings(choices: Iterable[str]) -> dict[str, str]:
    return {choice.lower(): choice for choice in choices}


def _enum(rule: Rule) -> Check:
    choices = _spellings(rule.choices or ())

    def check(value: str | None) -> str | Verdict:
        if value is None or (not value.isprintable() and _BROKEN.search(value)):
            return MALFORMED
        value = value.strip(" ")
        if not value:
            return EMPTY
        if not value.isascii():  # the Kelvin sign becomes a k by lower()
            return NOT_A_CHOICE
        return choices.get(value.lower(), NOT_A_CHOICE)

    return check


def _list(rule: Rule) -> Check:
    choices = None if rule.choices is None else _spellings(rule.choices)
    most, high, strict = rule.max_items or _NO_BOUND, rule.max or _NO_BOUND, rule.otherwise == "refuse"

    def check(value: str | None) -> str | Verdict:
        if value is None or (not value.isprintable() and _BROKEN.search(value)):
            return MALFORMED
        items = list(dict.fromkeys(item for part in value.split(",") if (item := part.strip(" "))))
        if not items:
            return EMPTY
        if len(items) > most or len(value) > high:
            return TOO_LONG
        if choices is None:
            return ",".join(items)
        known = [choices.get(item.lower()) if item.isascii() else None for item in items]
        left = list(dict.fromkeys(item for item in known if item is not None))
        if None not in known:
            return ",".join(left)
        return Verdict(",".join(left), Reason.ITEM_REMOVED) if left and not strict else NOT_A_CHOICE

    return check


def _is_address(kind: type[IPv4Address | IPv6Address], text: str) -> bool:
    try:
        kind(text)
    except AddressValueError:
        return False
    return True


def _good_host(found: re.Match[str]) -> bool:
    port = found["port"]
    if port and int(port) > 0xFFFF:
        return False
    host = found["host"]
    if host is None:
        return _is_address(IPv6Address, found["v6"])
    if len(host) > 253:
        return False
    return _is_address(IPv4Address, host) if host[-1] in "0123456789." and _ALL_DIGITS.fullmatch(host) else True


def _url(rule: Rule) -> Check:
    schemes, high = frozenset(rule.schemes), rule.max or _NO_BOUND
    hosts = None if rule.hosts is None else frozenset(host.lower() for host in rule.hosts)

    def check(value: str | None) -> str | Verdict:
        if value is None or (not value.isprintable() and _BROKEN.search(value)):
            return MALFORMED
        value = value.strip(" ")
        if not value:
            return EMPTY
        found = _URL.fullmatch(value)
        if found is None or not value.isprintable() or found["scheme"].lower() not in schemes or not _good_host(found):
            return BAD_URL
        if hosts is not None and (found["host"] or f"[{found['v6']}]").lower() not in hosts:
            return BAD_URL
        return value if len(value) <= high else TOO_LONG

    return check


def _colour(_: Rule) -> Check:
    def check(value: str | None) -> str | Verdict:
        if value is None or (not value.isprintable() and _BROKEN.search(value)):
            return MALFORMED
        value = value.strip(" ")
        if not value:
            return EMPTY
        return value.lower() if _COLOUR.fullmatch(value) else BAD_VALUE

    return check


def _id(rule: Rule) -> Check:
    string = _string(rule)

    def check(value: str | None) -> str | Verdict:
        result = string(value)
        text = result if isinstance(result, str) else result.value
        if text is not None and ("," in text or "  " in text):
            return BAD_VALUE  # BBB forbids commas, and answers with one space where two were sent
        return result

    return check


_TYPES: Final[dict[str, Callable[[Rule], Check]]] = {
    "string": _string,
    "text": _text,
    "boolean": _boolean,
    "integer": _integer,
    "enum": _enum,
    "list": _list,
    "url": _url,
    "colour": _colour,
    "id": _id,
    "password": _string,
}


def checker(rule: Rule) -> Check:
    """Compile a rule. Raises KeyError for an unknown type and ValueError for a pattern that RE2 does not take."""
    check = _TYPES[rule.type](rule)
    if not rule.patterns:
        return check
    patterns = tuple(compile_pattern(pattern) for pattern in rule.patterns)

    def narrowed(value: str | None) -> str | Verdict:
        result = check(value)
        text = result if isinstance(result, str) else result.value
        if text is None or all(pattern.fullmatch(text) for pattern in patterns):
            return result
        return NO_MATCH

    return narrowed
