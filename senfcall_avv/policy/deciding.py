"""One call on its way through a plan, in the order of evaluation.

| step | what |
|---|---|
| 1 | the verb of the call, its method |
| 2 | the body |
| 3 | names: listed, letter by letter? |
| 4 | names that come more than once |
| 5 | values that the policy sets |
| 6 | spaces around values; what is empty counts as absent |
| 7 | type, bounds, pattern |
| 8 | values for what is absent |
| 9 | entries added to and removed from lists |
| 10 | the organisation's limits |
| 11 | of several refusals, the one that BBB would name |
| 12 | what is sent, sorted by name |

Deciding and explaining are the same code: with a trace, each step that does something also says so there.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from senfcall_avv.bbb.call import Call, Pairs
from senfcall_avv.bbb.catalog import Catalogue
from senfcall_avv.policy.engine import BODY_NAME, INVALID_NAME, Decision, Reason, Subject
from senfcall_avv.policy.plans import NAME, Compiled, Field, Members, Plan
from senfcall_avv.policy.refusals import Objection, objection
from senfcall_avv.policy.values import EMPTY, Verdict


class Event(NamedTuple):
    """Something that a step did. ``before`` is the client's value, ``after`` the one in its place."""

    step: int
    name: str
    reason: Reason | None = None
    before: str | None = None
    after: str | None = None


_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


class Deciding:
    """The state of one decision about a call that is forwarded. ``trace`` is None where nobody asks for reasons."""

    __slots__ = (
        "call",
        "catalogue",
        "changed",
        "compiled",
        "ignored",
        "objections",
        "plan",
        "subject",
        "trace",
        "values",
    )

    def __init__(
        self,
        plan: Plan,
        call: Call,
        subject: Subject,
        compiled: Compiled,
        catalogue: Catalogue,
        trace: list[Event] | None,
    ) -> None:
        self.plan = plan
        self.call = call
        self.subject = subject
        self.compiled = compiled
        self.catalogue = catalogue
        self.trace = trace
        self.values: dict[str, str | None] = {}
        self.ignored: dict[str, Reason] = {}
        self.changed: dict[str, Reason] = {}
        self.objections: list[Objection] = []

    def decide(self, revision: str) -> Decision:
        """Take steps 2 to 12."""
        call = self.call
        pairs = call.query
        body: Literal["none", "forward"] = "none"
        if call.body is not None:
            counted = self._body()
            if counted is None:
                return Decision.refusing("unsupportedContentType", Reason.BODY_REFUSED, revision)
            pairs = counted
            body = "forward" if call.body == "xml" and self.plan.body.xml == "forward" else "none"
        self._names(pairs)
        if call.body == "form":
            self._unsigned()
        params = self._values()
        if self.plan.members:
            params = self._families(params)
        if self.objections:
            return self._refuse(revision)
        if self.changed:
            self.changed = {name: reason for name, reason in self.changed.items() if name in params}
        return Decision.forwarding(params, revision, self.ignored, self.changed, body)

    def _body(self) -> Pairs | None:
        """Step 2: give the pairs that count; None if the body refuses the call."""
        call, rules = self.call, self.plan.body
        if call.body == "form":
            if rules.form == "when_query_is_empty":
                return call.query or call.form
        elif call.body == "xml":
            if rules.xml == "refuse":
                return None
            if rules.xml == "forward":
                return call.query
        elif rules.other == "refuse":
            return None
        self.ignored[BODY_NAME] = Reason.BODY_DROPPED
        if self.trace is not None:
            self.trace.append(Event(2, BODY_NAME, Reason.BODY_DROPPED))
        return call.query

    def _unsigned(self) -> None:
        """Step 2, the form beside a query: its names are noted where the query has not said more of them."""
        if not self.call.query or self.plan.body.form == "never":
            return
        for name, _ in self.call.form:
            known, reason = (name, Reason.UNSIGNED) if NAME.fullmatch(name) else (INVALID_NAME, Reason.BAD_NAME)
            if self.ignored.setdefault(known, reason) is reason and self.trace is not None:
                self.trace.append(Event(2, known, reason))

    def _names(self, pairs: Pairs) -> None:
        """Steps 3 and 4."""
        plan, values, ignored = self.plan, self.values, self.ignored
        listed, known, members = plan.listed, plan.known, plan.members
        disguised: list[tuple[str, str | None]] = []
        for name, value in pairs:
            if name in listed or (members and self._is_member(name)):
                if name in values:
                    self._again(name, value)
                else:
                    values[name] = value
                continue
            reason = known.get(name) or self._stranger(name)
            note = name
            if reason is Reason.BAD_NAME:
                disguised.append((name, value))
                note = INVALID_NAME
            if self.trace is not None and note not in ignored:
                self.trace.append(Event(3, note, reason))
            ignored[note] = reason
        for name, value in disguised:
            plain = _CONTROL.sub("", name).strip()
            if plain in values:
                self._again(plain, value)

    def _stranger(self, name: str) -> Reason:
        """Say why a name is left out that is neither listed nor known to the call."""
        if not NAME.fullmatch(name):
            return Reason.BAD_NAME
        if self.catalogue.is_reserved(name):
            return Reason.RESERVED
        entry = self.plan.entry
        if entry is not None and entry.family(name) is not None:
            return Reason.NOT_LISTED
        return Reason.LOOKALIKE if name.casefold() in self.plan.lookalikes else Reason.UNKNOWN_NAME

    def _is_member(self, name: str) -> bool:
        return (
            any(members.admits(name) for members in self.plan.members)
            and NAME.fullmatch(name) is not None
            and name.lower() not in self.plan.forced
            and not self.catalogue.is_reserved(name)
        )

    def _again(self, name: str, value: str | None) -> None:
        """Step 4: a name that was there already."""
        if self.values[name] == value:
            reason = self.changed[name] = Reason.REPEATED
        else:
            reason = Reason.DUPLICATE
            self._object(name, "", reason)
        if self.trace is not None:
            self.trace.append(Event(4, name, reason))

    def _object(self, name: str, type_: str, reason: Reason) -> None:
        self.objections.append(objection(self.call.name, name, type_, reason))

    def _values(self) -> dict[str, str]:
        """Steps 5 to 10, by parameter."""
        params: dict[str, str] = {}
        values = self.values
        for name, check, field in self.plan.slots:
            value: str | Verdict | None
            if check is None:
                value = field.fixed
                if value is None:
                    value = self._provide(field)
                elif self.trace is not None:
                    self.trace.append(Event(5, name, self.ignored.get(name), None, value))
            elif name in values:
                value = check(values[name])
                if field.special or not isinstance(value, str):
                    value = self._settle(field, value)
            elif field.awaited:
                value = self._settle(field, None)
            else:
                continue
            if value is not None:
                params[name] = value
        return params

    def _provide(self, field: Field) -> str | None:
        """Steps 5 and 10 for what clients cannot name: a value made for the organisation, or the limit alone."""
        value = None if field.fill is None else field.fill(self.subject.variables)
        if self.trace is not None and field.fill is not None:
            self.trace.append(Event(5, field.name, self.ignored.get(field.name), None, value))
        most = self._most(field) if field.bounded else None
        return value if most is None else self._within(field, value, most, clients=False)

    def _settle(self, field: Field, result: str | Verdict | None) -> str | None:
        """Steps 6 to 10 for a parameter that is not simply right, or wants more than checking."""
        most = self._most(field) if field.bounded else None
        if isinstance(result, str) and field.bounded and (most is None or 0 < int(result) <= most):
            return result
        value, misfit = self._judge(field, result)
        if misfit is not None and field.strict:
            self._object(field.name, field.type, misfit)
            return None
        clients = value is not None
        if value is None and field.default is not None:
            value = field.default(self.subject.variables)
            if self.trace is not None:
                self.trace.append(Event(8, field.name, None, None, value))
        if misfit is not None:
            if most is not None and value is None:
                self.changed[field.name] = Reason.CLAMPED
            else:
                self.ignored[field.name] = misfit
        if field.added or field.removed:
            value = self._edit(field, value, clients=clients)
        return value if most is None else self._within(field, value, most, clients=clients)

    def _judge(self, field: Field, result: str | Verdict | None) -> tuple[str | None, Reason | None]:
        """Steps 6 and 7: the value that is left, and what is wrong where none is."""
        if isinstance(result, str):
            return result, None
        if result is None or result is EMPTY:
            reason = Reason.MISSING if result is None else Reason.EMPTY
            if self.trace is not None and (field.required or result is EMPTY):
                self.trace.append(Event(6, field.name, reason))
            return None, reason if field.required else None
        if self.trace is not None:
            self.trace.append(Event(7, field.name, result.reason, self.values[field.name], result.value))
        if result.value is None:
            return None, result.reason
        self.changed[field.name] = result.reason
        return result.value, None

    def _edit(self, field: Field, value: str | None, *, clients: bool) -> str | None:
        """Step 9."""
        before = value.split(",") if value else []
        items = [item for item in dict.fromkeys((*before, *field.added)) if item not in field.removed]
        after = ",".join(items) or None
        if clients and not field.removed.isdisjoint(before):
            notes = self.ignored if after is None else self.changed
            notes[field.name] = Reason.ITEM_REMOVED
        if self.trace is not None and after != value:
            self.trace.append(Event(9, field.name, self.changed.get(field.name), value, after))
        return after

    def _most(self, field: Field) -> int | None:
        """Give the number that binds: the rule's own, the organisation's, or the smaller of both."""
        if field.limit is None:
            return field.ceiling
        number = self.compiled.bound(field.limit, getattr(self.subject.limits, field.limit))
        if number is None or (field.ceiling is not None and field.ceiling < number):
            return field.ceiling
        return number

    def _within(self, field: Field, value: str | None, most: int, *, clients: bool) -> str | None:
        """Step 10. Zero and absent mean "unlimited" to BBB, so the limit is sent instead."""
        number = int(value) if value is not None else 0
        if 0 < number <= most:
            return value
        if clients and field.strict and field.ceiling is not None and not 0 < number <= field.ceiling:
            self._object(field.name, field.type, Reason.OUT_OF_RANGE)
            return None
        if clients:
            self.changed[field.name] = Reason.CLAMPED
        if self.trace is not None:
            self.trace.append(Event(10, field.name, self.changed.get(field.name), value, str(most)))
        return str(most)

    def _families(self, params: dict[str, str]) -> dict[str, str]:
        """Steps 4 to 7 for members of families that a pattern admits, and how many of a family there may be."""
        for members in self.plan.members:
            prefix = members.rule.prefix
            names = sorted(name for name in self.values if name.startswith(prefix))
            if members.folded:
                names = self._unfold(names, params)
            for name in names:
                if name not in self.plan.listed:
                    self._member(members, name, params)
            self._count(members, params)
        return dict(sorted(params.items()))

    def _unfold(self, names: list[str], params: dict[str, str]) -> list[str]:
        """Step 4 for names that BBB reads in lower case: of several spellings the first by code points stays."""
        kept: dict[str, str] = {}
        for name in names:
            first = kept.setdefault(name.lower(), name)
            if first != name:
                params.pop(name, None)
                self._again(first, self.values.pop(name))
        return list(kept.values())

    def _member(self, members: Members, name: str, params: dict[str, str]) -> None:
        result = members.check(self.values[name])
        if isinstance(result, str):
            params[name] = result
        elif result is not EMPTY:
            self.ignored[name] = result.reason
            if self.trace is not None:
                self.trace.append(Event(7, name, result.reason, self.values[name]))

    def _count(self, members: Members, params: dict[str, str]) -> None:
        prefix = members.rule.prefix
        present = sorted(name for name in params if name in self.values and name.startswith(prefix))
        for name in present[members.count :]:
            del params[name]
            self.ignored[name] = Reason.NOT_LISTED
            if self.trace is not None:
                self.trace.append(Event(7, name, Reason.NOT_LISTED, self.values[name]))

    def _refuse(self, revision: str) -> Decision:
        """Step 11. What else is wrong with a parameter that came with two values does not matter."""
        doubled = {o.name for o in self.objections if o.reason is Reason.DUPLICATE}
        objections = sorted(o for o in self.objections if o.reason is Reason.DUPLICATE or o.name not in doubled)
        if self.trace is not None:
            self.trace.extend(Event(11, o.name, o.reason, None, o.key) for o in objections)
        first = objections[0]
        return Decision.refusing(first.key, first.reason, revision, first.name)
