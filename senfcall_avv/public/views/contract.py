"""The contract preview: everything that will be signed, for whoever must read it first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from senfcall_avv.i18n import _
from senfcall_avv.public.contract_preview import changes, preview
from senfcall_avv.public.installed import texts_of

if TYPE_CHECKING:
    from senfcall_avv.contracts.texts import Texts, Version
    from senfcall_avv.public.resources import ContractResource
    from senfcall_avv.typing import Request


def _version(texts: Texts, name: str | None) -> Version | None:
    return next((version for version in texts.versions if version.manifest.version == name), None)


def contract(_context: ContractResource, request: Request) -> dict[str, Any]:
    """Show a version (``?version=``, else the one that is offered), or what changed between two (``?from=&to=``)."""
    texts: Texts = request.registry["avv.contract_texts"]
    asked = request.GET
    shown = _version(texts, asked.get("version")) or texts.current
    old, new = _version(texts, asked.get("from")), _version(texts, asked.get("to"))
    return {
        "title": _("AV-Vertrag, Vorschau"),
        "manifest": shown.manifest,
        "current": shown is texts.current,
        "parts": list(preview(shown)),
        "versions": [
            (version.manifest, texts.versions[number - 1].manifest if number else None)
            for number, version in reversed(list(enumerate(texts.versions)))
        ],
        "compared": (old.manifest, new.manifest) if old and new else None,
        "changes": list(changes(old, new)) if old and new else [],
        "listed": texts_of(request).sub_processors,
    }
