"""What every page looks like: the frame, its small parts, forms, languages, dates and numbers.

A page of a room, whole. The view (``senfcall_avv/accounts/views.py``)::

    import colander
    from deform.widget import TextInputWidget
    from pyramid.httpexceptions import HTTPSeeOther

    from senfcall_avv.i18n import _
    from senfcall_avv.layout.form_page import FieldProblem, FormPage
    from senfcall_avv.layout.forms import Button
    from senfcall_avv.layout.texts import mail_address
    from senfcall_avv.layout.widgets import PasswordInput
    from senfcall_avv.security import Permission


    class LoginSchema(colander.Schema):
        email = colander.SchemaNode(
            colander.String(),
            title=_("E-Mail-Adresse"),
            description=_("Die, mit der du dich angemeldet hast."),          # the hint
            validator=colander.All(mail_address, colander.Length(max=254)),
            widget=TextInputWidget(attributes={"type": "email", "autocomplete": "username"}),
        )
        password = colander.SchemaNode(colander.String(), title=_("Passwort"), widget=PasswordInput())


    class LoginPage(FormPage):
        title = _("Anmelden")                                                # <title> and <h1>
        buttons = (Button("login", _("Anmelden"), "go"),)                    # one "go" a page

        def schema(self) -> colander.Schema:
            return LoginSchema()

        def save(self, appstruct: dict[str, Any]) -> Response:
            if not services.log_in(self.request.db, **appstruct, now=self.request.now):
                raise FieldProblem("email", _("E-Mail-Adresse oder Passwort stimmt nicht."))
            self.request.messages.add("ok", _("Willkommen zurück."))         # shown above the next page's heading
            return HTTPSeeOther(self.request.resource_path(self.request.root))   # return it, never raise it


    def includeme(config):
        config.add_form_page(
            LoginPage, context=LoginResource, permission=Permission.PUBLIC,
            renderer="senfcall_avv.accounts:templates/login.pt",
        )
        config.add_main_link(_("Anmelden"), "/login", order=90, shown=strangers)   # layout.navigation

Its template (``senfcall_avv/accounts/templates/login.pt``)::

    <html metal:use-macro="page" i18n:domain="senfcall_avv">
      <metal:content fill-slot="content">
        <p class="lead" i18n:translate="">Schön, dass du da bist.</p>
        ${form}
        <p><a href="/reset" i18n:translate="">Passwort vergessen?</a></p>
      </metal:content>
    </html>

A page without a form is a function that returns a dictionary with ``title``, registered by ``config.add_view`` with the
same ``renderer=`` and ``permission=``. ``heading`` is a slot too, for a chip beside the ``h1``::

    <metal:heading fill-slot="heading">
      <div class="row"><h1>${title}</h1><tal:c define="chip state"><metal:chip use-macro="m.chip"/></tal:c></div>
    </metal:heading>

Macros of ``macros.pt`` take their values by ``tal:define`` on an element around ``metal:use-macro="m.<name>"``:

* ``chip`` (``chip`` a ``chips.Chip``) · ``facts`` (``facts`` pairs of term and value)
* ``next_step`` (``step_title step_action step_url``; slots ``text action``)
* ``task`` (``task`` a dict: ``id title url hint chip state here``; inside ``<ul class="tasks">``)
* ``table`` (``table`` a dict: ``caption columns rows quiet``) · ``time_line`` (``events`` dicts: ``when who what``)
* ``copy_value`` (``copy_id copy_name copy_text copy_action``)
* ``bar_chart`` (``chart`` a dict: ``title sentence columns bars``)
* ``upload_list`` (``files`` dicts: ``id name url detail problem remove_url``)
* ``confirm`` (``confirm_action confirm_back confirm_danger confirm_url``; slots ``text fields``)
* ``field`` (``field_id field_label field_hint field_error field_optional``; slot ``control``) for forms by hand, which
  begin with ``${csrf}``. A view that checks such a form returns ``errors=[chips.Problem(id, text)]`` and status 400.

All that templates find beside that: ``rendering.names_for``. Sub-navigation, breadcrumb and the name in the window's
title come from the resources: ``root.Resource.tabs``, ``.title``, ``.site``.
"""

from __future__ import annotations

import warnings
from typing import Any

# Deform looks into pkg_resources, which says at every import that it will go one day.
warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)


def includeme(config: Any) -> None:
    """Serve the static files, and make frame, forms and navigation available to the rooms."""
    from senfcall_avv.layout import form_page, language, messages, navigation, rendering

    config.add_static_view("static", "senfcall_avv.layout:static", cache_max_age=3600)
    config.add_directive("add_form_page", form_page.add_form_page)
    for part in (rendering, messages, navigation, language):
        config.include(part.includeme)
