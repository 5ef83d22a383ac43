"""Misbehaviour on demand: for one call or for all, once or until cleared."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from http import HTTPStatus
from typing import Any, Final

from senfcall_avv.simulator.messages import Answer, Hold, container_error, html, redirect, xml

EVERY_CALL: Final = "*"
HUGE: Final = 32 * 1024 * 1024
"""Bytes of a huge answer where no size is given."""

_RETURNCODE: Final = re.compile(rb"<returncode>(.*?)</returncode>\n?")
_FOREIGN_HEADERS: Final = (
    ("Set-Cookie", "backend=planted; Path=/"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Location", "https://elsewhere.example.org/"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A mode and what it needs. ``performed`` carries the call out although its answer is replaced or lost."""

    mode: str
    seconds: float = 1.0
    """slow: before the answer; drip: between bytes."""
    size: int = 0
    """huge, huge_headers, gzip: bytes of the (unpacked) answer."""
    url: str = "http://127.0.0.1:1/"
    body: str = ""
    content_type: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = _FOREIGN_HEADERS
    performed: bool = False
    released: threading.Event = field(default_factory=threading.Event)


Change = Callable[[Fault, Answer], Answer]
Make = Callable[[Fault], Answer]


def _bomb(_fault: Fault) -> Answer:
    entities = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return _text(f"<!DOCTYPE response [{entities}]>\n<response><returncode>SUCCESS</returncode><x>&l9;</x></response>")


def _text(text: str) -> Answer:
    return xml(text.encode("utf-8", "replace"))


def _entity(_fault: Fault) -> Answer:
    return _text('<!DOCTYPE response [<!ENTITY ok "SUCCESS">]>\n<response><returncode>&ok;</returncode></response>')


def _external(fault: Fault) -> Answer:
    """An entity from outside; ``url`` says where (a file by default)."""
    url = fault.url if fault.url != Fault("").url else "file:///etc/hostname"
    return _text(
        f'<!DOCTYPE response [<!ENTITY out SYSTEM "{url}">]>\n'
        "<response><returncode>SUCCESS</returncode><running>&out;</running></response>"
    )


def _huge(fault: Fault) -> Answer:
    return xml(_padded(b"x" * (fault.size or HUGE)))


def _padded(filler: bytes) -> bytes:
    return b"<response>\n<returncode>SUCCESS</returncode>\n<filler>" + filler + b"</filler>\n</response>"


def _web_page(fault: Fault) -> Answer:
    return html("<!doctype html><html lang='en'><title>Welcome</title><h1>It works!</h1></html>", fault.status)


def _planted(fault: Fault) -> Answer:
    """Any body: ``body`` (one character a byte if it is no ASCII), ``content_type``, ``status``."""
    content_type = fault.content_type or "text/xml;charset=utf-8"
    return Answer(fault.status, (("Content-Type", content_type),), fault.body.encode("latin-1", "replace"))


def _hang(fault: Fault) -> Answer:
    return Answer(hold=Hold(fault.released, None), silent=True, ending="close")


_REPLACING: Final[dict[str, Make]] = {
    "hang": _hang,
    "reset": lambda _: Answer(silent=True, ending="reset"),
    "close": lambda _: Answer(silent=True, ending="close"),
    "html": _web_page,
    "bomb": _bomb,
    "entity": _entity,
    "external": _external,
    "huge": _huge,
    "redirect": lambda fault: redirect(fault.url),
    "body": _planted,
}


def _truncated(_fault: Fault, answer: Answer) -> Answer:
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def _doctype(_fault: Fault, answer: Answer) -> Answer:
    return replace(answer, body=b"<!DOCTYPE response>\n" + answer.body)


def _utf16(_fault: Fault, answer: Answer) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-16"?>\n{answer.body.decode("utf-8", "replace")}'
    return replace(answer, body=text.encode("utf-16"))


def _gzip(fault: Fault, answer: Answer) -> Answer:
    """Packed without being asked; with ``size``, a small body that unpacks to so many bytes."""
    body = _padded(b"x" * fault.size) if fault.size else answer.body
    return replace(answer, body=gzip.compress(body)).adding(("Content-Encoding", "gzip"))


def _huge_headers(fault: Fault, answer: Answer) -> Answer:
    return answer.adding(*[("X-Filler", "x" * 1000)] * max(1, (fault.size or HUGE) // 1000))


def _no_returncode(_fault: Fault, answer: Answer) -> Answer:
    return replace(answer, body=_RETURNCODE.sub(b"", answer.body, count=1))


def _two_returncodes(_fault: Fault, answer: Answer) -> Answer:
    doubled = rb"<returncode>\1</returncode>\n<returncode>FAILED</returncode>\n"
    return replace(answer, body=_RETURNCODE.sub(doubled, answer.body, count=1))


def _lowercase(_fault: Fault, answer: Answer) -> Answer:
    return replace(answer, body=_RETURNCODE.sub(lambda found: found[0].lower(), answer.body, count=1))


def _wrong_type(fault: Fault, answer: Answer) -> Answer:
    rest = tuple(pair for pair in answer.headers if pair[0] != "Content-Type")
    return replace(answer, headers=(("Content-Type", fault.content_type or "text/html"), *rest))


def _garbage_attendee(_fault: Fault, answer: Answer) -> Answer:
    """Somebody whose userdata had a name that is no element's: the document is not well-formed any more."""
    attendee = (
        b"<attendees>\n<attendee>\n<userID>w_garbage00000</userID>\n<fullName>\xef\xbf\xbe</fullName>\n"
        b"<role>VIEWER</role>\n<customdata>\n<1 a=b>x</1 a=b>\n</customdata>\n</attendee>"
    )
    return replace(answer, body=answer.body.replace(b"<attendees>", attendee))


_ALTERING: Final[dict[str, Change]] = {
    "slow": lambda fault, answer: replace(answer, hold=Hold(fault.released, fault.seconds)),
    "drip": lambda fault, answer: replace(answer, pace=fault.seconds, hold=Hold(fault.released, 0.0)),
    "truncated": _truncated,
    "doctype": _doctype,
    "utf16": _utf16,
    "gzip": _gzip,
    "bad_length": lambda _, answer: replace(answer, length=len(answer.body) + 1000, ending="close"),
    "huge_headers": _huge_headers,
    "no_returncode": _no_returncode,
    "two_returncodes": _two_returncodes,
    "lowercase_returncode": _lowercase,
    "wrong_type": _wrong_type,
    "set_cookie": lambda fault, answer: answer.adding(*fault.headers),
    "garbage_attendee": _garbage_attendee,
}
_STATUSES: Final = frozenset(str(status.value) for status in HTTPStatus if status >= 400)
MODES: Final = (*_REPLACING, *_ALTERING)
"""Beside these, any HTTP status of an error is a mode."""
_OPTIONS: Final = frozenset(one.name for one in fields(Fault)) - {"mode", "released"}


def apply(fault: Fault, carry_out: Callable[[], Answer]) -> Answer:
    """Answer in the fault's way; the call is carried out if its answer is needed or ``performed`` says so."""
    if fault.mode in _ALTERING:
        return _ALTERING[fault.mode](fault, carry_out())
    real = carry_out() if fault.performed else None
    if fault.mode == "hang" and real is not None:
        return replace(real, hold=Hold(fault.released, None))
    make = _REPLACING.get(fault.mode)
    return make(fault) if make else container_error(int(fault.mode))


class Faults:
    """The faults in force, by call name; ``*`` stands for every call, the empty name for the root document."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set: dict[str, tuple[Fault, int | None]] = {}
        self._spent: list[tuple[str, Fault]] = []
        """Faults that have had their number of calls, and may still hold some of them back."""

    def set(self, call: str, mode: str, *, times: int | None = None, **options: Any) -> None:
        """Put a fault in force, for the next ``times`` calls or until cleared. It replaces an earlier one.

        Raises ValueError for an unknown mode or option.
        """
        if mode not in MODES and mode not in _STATUSES:
            raise ValueError(f"no fault mode {mode!r}; there are {', '.join(MODES)} and HTTP status codes")
        unknown = options.keys() - _OPTIONS
        if unknown:
            raise ValueError(f"no option {', '.join(sorted(unknown))}; there are {', '.join(sorted(_OPTIONS))}")
        if "headers" in options:
            options["headers"] = tuple((str(name), str(value)) for name, value in options["headers"])
        for name, kind in (("seconds", float), ("size", int), ("status", int)):
            if name in options:
                options[name] = kind(options[name])
        self.clear(call)
        with self._lock:
            self._set[call] = (Fault(mode, **options), times)

    def clear(self, call: str | None = None) -> None:
        """Lift the fault of a call, or all of them; answers that are held back are released."""
        with self._lock:
            for name in [call] if call is not None else list(self._set):
                fault = self._set.pop(name, None)
                if fault:
                    fault[0].released.set()
            for name, spent in self._spent:
                if call in {None, name}:
                    spent.released.set()
            self._spent = [one for one in self._spent if not one[1].released.is_set()]

    def take(self, call: str) -> Fault | None:
        """The fault for this call, counted down; the call's own wins over that for every call."""
        with self._lock:
            name = call if call in self._set else EVERY_CALL
            fault, times = self._set.get(name, (None, None))
            if fault is not None and times is not None:
                if times > 1:
                    self._set[name] = (fault, times - 1)
                else:
                    del self._set[name]
                    self._spent.append((name, fault))
            return fault
