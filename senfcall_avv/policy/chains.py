"""How the files hang together: who extends whom, who can be assigned, who is used (P009 to P014)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from senfcall_avv.bbb.catalog import Catalogue
from senfcall_avv.policy.documents import NAME, SUFFIX, Document, quoted
from senfcall_avv.policy.errors import Diagnostic, Place
from senfcall_avv.policy.merging import Chain
from senfcall_avv.policy.spelling import did_you_mean

DEEPEST: Final = 8


def check_name(file: str) -> Diagnostic | None:
    """Say what is wrong with the name of a policy file."""
    if NAME.fullmatch(file.removesuffix(SUFFIX)):
        return None
    message = f"{quoted(file)} is no name for a policy: small letters, digits and hyphens, 40 at most, then {SUFFIX}"
    return Diagnostic("P009", "error", Place(file), "", message)


def make_chains(
    documents: Mapping[str, Document], broken: frozenset[str], catalogue: Catalogue
) -> tuple[dict[str, Chain], list[Diagnostic]]:
    """Give each sound file its chain. ``broken`` are the names of files that exist but could not be read.

    A file whose chain leads to a broken or missing one has no chain; the mistake is reported where it is made.
    """
    chains: dict[str, Chain] = {}
    diagnostics: list[Diagnostic] = []
    reported: set[str] = set()
    for name, document in documents.items():
        extends = document.model.extends
        if extends is not None and (problem := _parent_problem(document, extends, documents, broken)):
            diagnostics.append(problem)
            continue
        trail = _trail(document, documents)
        if trail is None:
            continue
        names = [link.name for link in trail]
        if names[-1] in names[:-1]:
            cycle = frozenset(names[names.index(names[-1]) :])
            if name in cycle and not cycle & reported:
                reported |= cycle
                diagnostics.append(_extends(document, "P011", " → ".join(names), "files extend each other in a circle"))
        elif len(trail) > DEEPEST:
            if len(trail) == DEEPEST + 1:
                words = f"more than {DEEPEST} files extend each other"
                diagnostics.append(_extends(document, "P011", " → ".join(names), words))
        else:
            chains[name] = Chain(tuple(trail), catalogue)
    return chains, diagnostics


def _extends(document: Document, code: str, shown: str, words: str) -> Diagnostic:
    return document.report(code, ("extends",), f"{words}: {shown}", of="value")


def _parent_problem(
    document: Document, extends: str, documents: Mapping[str, Document], broken: frozenset[str]
) -> Diagnostic | None:
    if not NAME.fullmatch(extends):
        hint = None
        if extends.endswith(SUFFIX) and extends.removesuffix(SUFFIX) in documents:
            hint = f"did you mean {quoted(extends.removesuffix(SUFFIX))}?"
        message = f"extends takes only the name of a file beside this one, without ending: not {quoted(extends)}"
        return document.report("P009", ("extends",), message, of="value", hint=hint)
    if extends in documents or extends in broken:
        return None
    hint = did_you_mean(extends, (set(documents) | broken) - {document.name})
    message = f"there is no policy {quoted(extends)} to extend"
    return document.report("P010", ("extends",), message, of="value", hint=hint)


def _trail(document: Document, documents: Mapping[str, Document]) -> list[Document] | None:
    """Follow ``extends`` to the root, or to the first file seen twice, which ends the trail; None if it breaks."""
    trail = [document]
    while (extends := trail[-1].model.extends) is not None:
        parent = documents.get(extends)
        if parent is None:
            return None
        seen = parent in trail
        trail.append(parent)
        if seen:
            break
    return trail


def check_assignable(documents: Mapping[str, Document], directory: str) -> Iterator[Diagnostic]:
    """Demand at least one file that organisations can be given (P012)."""
    if any(not document.model.abstract for document in documents.values()):
        return
    if not documents:
        yield Diagnostic("P012", "error", Place(""), "", f"{directory}/ holds no profile")
        return
    first = documents[min(documents)]
    message = f"{directory}/ holds no profile: every file is abstract"
    yield first.report("P012", ("abstract",), message, note="a file without abstract = true is a profile")


def check_use(
    documents: Mapping[str, Document], broken: Collection[str], profiles_in_use: Mapping[str, int] | None
) -> Iterator[Diagnostic]:
    """Compare the files with the profiles that organisations have (P013), and name what nobody needs (P014).

    ``profiles_in_use`` says how many organisations have each profile; None if that is not known. ``broken`` files may
    extend any other, and no more is said about them.
    """
    yield from _needless(documents, broken, profiles_in_use)
    for name, count in (profiles_in_use or {}).items():
        if not count or name in broken:
            continue
        used = f"{quoted(name)} is used by {count} organisation{'' if count == 1 else 's'}"
        known = documents.get(name)
        if known is None:
            yield Diagnostic("P013", "error", Place(name + SUFFIX), "", f"{used}, but there is no such file")
        elif known.model.abstract:
            yield known.report("P013", ("abstract",), f"{used}, so it cannot be abstract")


def _needless(
    documents: Mapping[str, Document], broken: Collection[str], profiles_in_use: Mapping[str, int] | None
) -> Iterator[Diagnostic]:
    extended = {document.model.extends for document in documents.values()}
    for name, document in documents.items():
        if name in extended:
            continue
        if not document.model.abstract:
            if profiles_in_use is not None and not profiles_in_use.get(name):
                yield document.report("P014", ("title",), f"{quoted(name)} has no organisation")
        elif not broken and not all(other.model.abstract for other in documents.values()):
            yield document.report("P014", ("title",), f"{quoted(name)} is abstract, and no file extends it")
