"""The command ``avv``: one sub-command per room, found by its ``commands.py`` and imported only when it is called.

So ``avv --help`` does not load the application. A room's ``commands.py`` either has one object ``command``, called like
the room, or a literal ``COMMANDS`` with names and one-line helps of its functions.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from senfcall_avv.sealing import KeyRing
    from senfcall_avv.settings import Settings

_PACKAGE = Path(__file__).parent


class Found(NamedTuple):
    """A command that was found without importing its room."""

    module: str
    attribute: str
    help: str


def find_commands() -> dict[str, Found]:
    """Find all commands by reading the rooms' ``commands.py`` as text."""
    found: dict[str, Found] = {}
    for path in sorted(_PACKAGE.glob("*/commands.py")):
        tree = ast.parse(path.read_text())
        module = f"senfcall_avv.{path.parent.name}.commands"
        listed = next(
            (
                ast.literal_eval(node.value)
                for node in tree.body
                if isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and node.target.id == "COMMANDS"
                and node.value is not None
            ),
            None,
        )
        if listed is None:
            doc = (ast.get_docstring(tree) or "").partition("\n")[0]
            found[path.parent.name] = Found(module, "command", doc)
        else:
            found |= {name: Found(module, name.replace("-", "_"), text) for name, text in listed.items()}
    return found


class Workplace:
    """What commands work with: settings, database and keys of one installation, made on first use."""

    def __init__(self, config: Path | None) -> None:
        self.config = config

    @cached_property
    def ini(self) -> dict[str, str]:
        """The application's section of the ini file. Raises click.ClickException if there is none."""
        from plaster import parse_uri
        from plaster_pastedeploy import Loader

        path = self.config or next(filter(Path.exists, map(Path, ("development.ini", "production.ini"))), None)
        if path is None or not path.is_file():
            raise click.ClickException(
                f"There is no {path or 'development.ini or production.ini'} here. "
                "Name the ini file with --config or AVV_CONFIG."
            )
        return dict(Loader(parse_uri(str(path.resolve()))).get_wsgi_app_settings("main"))

    @cached_property
    def settings(self) -> Settings:
        """Raises click.ClickException with all problems."""
        return self.settings_with({})

    def settings_with(self, overrides: dict[str, str]) -> Settings:
        """Give the settings with some of them replaced."""
        from senfcall_avv.settings import SettingsError, load_settings

        try:
            return load_settings({**self.ini, **overrides}, os.environ)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None

    @cached_property
    def session_factory(self) -> sessionmaker[Session]:
        from senfcall_avv.db import make_engine, make_session_factory
        from senfcall_avv.mail.services import lend_key_ring

        factory = make_session_factory(make_engine(self.settings.database_url))
        lend_key_ring(factory, lambda: self.key_ring)
        return factory

    def close(self) -> None:
        """Close the connections to the database, if there are any."""
        if "session_factory" in self.__dict__:
            self.session_factory.kw["bind"].dispose()

    @cached_property
    def key_ring(self) -> KeyRing:
        from senfcall_avv.sealing import KeysRefused, key_ring_of

        try:
            return key_ring_of(self.settings)
        except (KeysRefused, OSError) as error:
            raise click.ClickException(f"The keys cannot be used: {error}") from None

    def organization_id(self, session: Session, id_or_unique_name: str) -> str:
        """Find an organisation for rooms that may not import it. Raises LookupError with a sentence for people."""
        from senfcall_avv.organizations.services import find_organization

        return find_organization(session, id_or_unique_name).id


class _Rooms(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return sorted(find_commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        found = find_commands().get(cmd_name)
        if found is None:
            return None
        command: click.Command = getattr(importlib.import_module(found.module), found.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """List the commands without importing one of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, found.help) for name, found in sorted(find_commands().items())])


@click.command(cls=_Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "-c",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="AVV_CONFIG",
    help="Ini file of the installation; default: development.ini, then production.ini, in this folder.",
)
@click.version_option(package_name="senfcall_avv", prog_name="avv")
@click.pass_context
def avv(ctx: click.Context, config: Path | None) -> None:
    """Run and look after senfcall_avv."""
    ctx.obj = Workplace(config)
    ctx.call_on_close(ctx.obj.close)


def main() -> None:
    """Run the command line."""
    try:
        avv(prog_name="avv")
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        sys.exit(1)
