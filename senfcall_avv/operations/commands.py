"""What operators do with an installation as a whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from senfcall_avv.edge import Edge
    from senfcall_avv.typing import Installation

COMMANDS: Final = {
    "keys": "Make keys that seal secrets.",
    "migrate": "Bring the database to the form that this version needs.",
    "serve": "Serve portal and gateway.",
    "settings": "Print every setting with its value and where it can be set.",
    "tree": "Print the tree of resources with its views.",
}
"""Names and helps, read as text by ``avv --help``: keep it a literal."""

_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
_MASK: Final = "********"


@click.command(help=COMMANDS["settings"])
@_as_json
@click.pass_obj
def settings(workplace: Installation, as_json: bool) -> None:
    from senfcall_avv.settings import every_setting

    values = workplace.settings
    rows = []
    for setting in every_setting():
        value: Any = values
        for part in setting.name.split(".")[1:]:
            value = getattr(value, part)
        shown = (
            ""
            if value is None
            else _MASK
            if setting.secret
            else " ".join(value)
            if isinstance(value, tuple)
            else str(value)
        )
        if setting.name == "avv.database_url":
            shown = _without_password(shown)
        rows.append(
            {"name": setting.name, "value": shown, "variable": setting.variable, "about": setting.field.description}
        )
    if as_json:
        click.echo(json.dumps({"settings": rows}))
        return
    for row in rows:
        click.echo(f"{row['name']} = {row['value']}\n    {row['about']} ({row['variable']})")


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    # A driver's options may hold passwords, too: postgresql://host/name?password=...
    hidden = {name: _MASK for name in parsed.query if "password" in name.lower()}
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True)


@click.command(help=COMMANDS["tree"])
@_as_json
@click.pass_obj
def tree(workplace: Installation, as_json: bool) -> None:
    from senfcall_avv import make_app

    app = make_app(workplace.settings, workplace.ini)
    try:
        from senfcall_avv.operations.tree import rows_of  # Pyramid is imported where its warning is silenced

        rows = rows_of(app.registry)
    finally:
        app.close()
    if as_json:
        click.echo(json.dumps({"tree": [row._asdict() for row in rows]}))
        return
    for row in rows:
        click.echo(
            f"{'  ' * row.depth}{row.name}  ({row.kind})" + (f"  views: {', '.join(row.views)}" if row.views else "")
        )


@click.command(help=COMMANDS["migrate"])
@_as_json
@click.pass_obj
def migrate(workplace: Installation, as_json: bool) -> None:
    from senfcall_avv import migrations

    migrations.migrate(workplace.settings.database_url)
    click.echo(json.dumps({"migrated": True}) if as_json else "The database is up to date.")


@click.group(help=COMMANDS["keys"])
def keys() -> None:
    """Group of the commands about keys."""


@keys.command("new", help="Print a new line for the file of keys. The first line seals, all lines open.")
@_as_json
def new_key(as_json: bool) -> None:
    from senfcall_avv.sealing import generate_key_line

    line = generate_key_line()
    click.echo(json.dumps({"key": line}) if as_json else line)


def _app_of(workplace: Installation) -> Edge:
    """Make the application; what an operator wrote and cannot be used is said without a traceback."""
    from senfcall_avv import make_app

    try:
        return make_app(workplace.settings, workplace.ini)
    except Exception as error:
        if isinstance(error, _unusable()):
            raise click.ClickException(str(error)) from None
        raise


def _unusable() -> tuple[type[Exception], ...]:
    """Give what rooms raise about files of an operator; looked up only then, for it imports them."""
    from senfcall_avv.contracts.texts import TextsRefused
    from senfcall_avv.gateway.configuration import UnservablePolicy
    from senfcall_avv.policy.engines import EngineNotFound
    from senfcall_avv.policy.errors import PolicyError
    from senfcall_avv.public.texts import TextsError
    from senfcall_avv.sealing import KeysRefused

    return PolicyError, UnservablePolicy, EngineNotFound, TextsRefused, TextsError, KeysRefused


@click.command(help=COMMANDS["serve"])
@click.pass_obj
def serve(workplace: Installation) -> None:
    from senfcall_avv.operations.serving import CannotListen, listen, run

    chosen = workplace.settings
    try:
        opened = listen(chosen.server.host, chosen.server.port)
    except CannotListen as error:
        raise click.ClickException(f"{error} Choose another avv.server.host or avv.server.port.") from None
    run(
        _app_of(workplace),
        opened,
        chosen.server,
        lambda: click.echo(f"Serving on http://{chosen.server.host}:{opened.getsockname()[1]}"),
    )
