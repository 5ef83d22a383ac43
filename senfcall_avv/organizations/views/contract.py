"""The task of reading the contract: its text with the organisation's data, and what is declared with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import colander
from deform.widget import HiddenWidget

from senfcall_avv.organizations import contract_data
from senfcall_avv.organizations.resources import ContractTaskResource
from senfcall_avv.organizations.schemas.fields import EMPTY
from senfcall_avv.organizations.tasks import text_changed
from senfcall_avv.organizations.views.shared import texts_of
from senfcall_avv.organizations.views.tasks import TaskPage
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from senfcall_avv.organizations.contract_data import FilledText

VERSIONS = ("text_version", "terms_version")


class ContractPage(TaskPage):
    """Ticks are kept with the versions that stood above them; below another text nothing is ticked."""

    def filled(self) -> FilledText:
        return texts_of(self.request).filled(contract_data.variables(self.facts), contract_data.modules(self.facts))

    def schema(self) -> colander.Schema:
        schema = super().schema()
        for name in VERSIONS:
            schema.add(
                colander.SchemaNode(
                    colander.String(), name=name, validator=colander.Length(max=16), widget=HiddenWidget(), missing=""
                )
            )
        return schema

    def values(self) -> dict[str, Any]:
        values = super().values()
        if text_changed(self.facts):
            values = {name: value for name, value in values.items() if value is not True}
        texts = texts_of(self.request)
        return values | {"text_version": texts.version, "terms_version": texts.terms_version}

    def more(self) -> Mapping[str, Any]:
        saved = self.facts.answers.get(self.context.task.name, EMPTY)
        return {
            **super().more(),
            "contract": self.filled(),
            "text_changed": text_changed(self.facts),
            "older": saved.get("text_version", ""),
        }

    def kept(self, appstruct: dict[str, Any]) -> dict[str, Any]:
        # The versions of the page that was sent: a page that stood open over a change of text agrees to the old one.
        return super().kept(appstruct) | {name: appstruct[name] for name in VERSIONS}


def includeme(config: Any) -> None:
    config.add_form_page(
        ContractPage,
        context=ContractTaskResource,
        permission=Permission.EDIT,
        renderer="senfcall_avv.organizations:templates/contract.pt",
    )
