"""Policy texts in, a checked and merged ``Ruleset`` out, or every mistake with its place.

Reading goes in stages: the shape of each file, how the files hang together, each file against the catalogue, each file
against its parents, the set as a whole. A file takes part in a stage only if it and its parents came through the one
before, so that one mistake gives one message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from senfcall_avv.bbb.catalog import Catalogue
from senfcall_avv.policy.chains import check_assignable, check_name, check_use, make_chains
from senfcall_avv.policy.checks import AGAINST_CATALOGUE, AGAINST_PARENTS, whole
from senfcall_avv.policy.documents import MOST, SUFFIX, Document, read_document
from senfcall_avv.policy.engine import Sources
from senfcall_avv.policy.errors import Diagnostic, PolicyError
from senfcall_avv.policy.merging import merge
from senfcall_avv.policy.ruleset import Ruleset


def read(sources: Sources, catalogue: Catalogue) -> Ruleset:
    """Read policy texts. Raises PolicyError with every mistake and, beside them, every warning."""
    ruleset, diagnostics = check(sources, catalogue)
    if ruleset is None:
        raise PolicyError(diagnostics, sources.directory)
    return ruleset


def check(
    sources: Sources,
    catalogue: Catalogue,
    profiles_in_use: Mapping[str, int] | None = None,
    unreadable: Collection[str] = (),
) -> tuple[Ruleset | None, list[Diagnostic]]:
    """Read policy texts; give the ruleset (None if there are errors) and all diagnostics, sorted by file and line.

    Sources that do not end in ``.toml`` are other engines' data and left alone. ``profiles_in_use``: how many
    organisations have each profile, where that is known. ``unreadable``: names of policies that exist but have no text.
    """
    documents, broken, diagnostics = _read_all(sources)
    broken |= set(unreadable)
    chains, problems = make_chains(documents, frozenset(broken), catalogue)
    diagnostics += problems
    if not broken:
        diagnostics += check_assignable(documents, sources.directory)
    diagnostics += check_use(documents, broken, profiles_in_use)
    for checks in (AGAINST_CATALOGUE, AGAINST_PARENTS):
        failed = _failed(diagnostics)
        for chain in chains.values():
            if not any(document.file in failed for document in chain.documents):
                for check_ in checks:
                    diagnostics += _enough(check_(chain))
    if not _failed(diagnostics):
        diagnostics += whole.check(chains)
    diagnostics.sort(key=lambda diagnostic: diagnostic.sort_key)
    if _failed(diagnostics):
        return None, diagnostics
    profiles = {name: merge(chain) for name, chain in chains.items() if not chain.leaf.model.abstract}
    return Ruleset(MappingProxyType(profiles)), diagnostics


def _read_all(sources: Sources) -> tuple[dict[str, Document], set[str], list[Diagnostic]]:
    """Read each text by itself; give the documents, the names of those that are none, and what is wrong with them."""
    documents: dict[str, Document] = {}
    broken: set[str] = set()
    diagnostics: list[Diagnostic] = []
    for file, text in sorted(sources.files.items()):
        if not file.endswith(SUFFIX):
            continue
        problem = check_name(file)
        if problem is not None:
            diagnostics.append(problem)
            continue
        found = read_document(file, text)
        if isinstance(found, Document):
            documents[found.name] = found
        else:
            broken.add(file.removesuffix(SUFFIX))
            diagnostics += found
    return documents, broken, diagnostics


def _enough(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Stop after so many errors; warnings alone stop nothing, since an error may follow."""
    errors = 0
    for diagnostic in diagnostics:
        yield diagnostic
        errors += diagnostic.level == "error"
        if errors == MOST:
            return


def _failed(diagnostics: Iterable[Diagnostic]) -> frozenset[str]:
    """Give the files that have an error."""
    return frozenset(diagnostic.file for diagnostic in diagnostics if diagnostic.level == "error")
