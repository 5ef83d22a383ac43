"""The demonstration on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from senfcall_avv.devtools.processes import Companion, Leaving
    from senfcall_avv.settings import Settings
    from senfcall_avv.typing import Installation

COMMANDS: Final = {"demo": "Print where the demonstration is, or start it with `avv demo serve`."}
"""Names and helps, read as text by ``avv --help``: keep it a literal."""


def _settings(workplace: Installation, port: int | None) -> Settings:
    from senfcall_avv.devtools.demo import overrides, remembered_port

    plain = workplace.settings
    if plain.production:
        raise click.ClickException("The demonstration works in development only (avv.environment).")
    chosen = port or remembered_port(_folder(plain))
    workplace.settings = workplace.settings_with(overrides(chosen)) if chosen else plain
    return workplace.settings


def _folder(settings: Settings) -> Path:
    return (settings.keys_file or Path("var/keys")).parent


@click.group(invoke_without_command=True, help=COMMANDS["demo"])
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def demo(ctx: click.Context, as_json: bool) -> None:
    if ctx.invoked_subcommand is not None:
        return
    from senfcall_avv.devtools import demo as demonstration

    workplace: Installation = ctx.obj
    settings = _settings(workplace, None)
    _ready(workplace, settings)
    found = demonstration.endpoints(workplace.session_factory, workplace.key_ring, settings)
    if as_json:
        click.echo(json.dumps(demonstration.described(settings, found), ensure_ascii=False))
    else:
        click.echo(demonstration.banner(settings, found))


def _ready(workplace: Installation, settings: Settings) -> None:
    """Make keys, tables and data where they are missing."""
    from senfcall_avv import migrations
    from senfcall_avv.devtools import demo as demonstration

    demonstration.prepare(settings)
    migrations.migrate(settings.database_url)
    demonstration.plant(workplace.session_factory, workplace.key_ring)


@demo.command()
@click.option(
    "--port", type=click.IntRange(1024, 65534), default=6543, show_default=True, help="The simulator takes the next."
)
@click.pass_obj
def serve(workplace: Installation, port: int) -> None:
    """Start portal, gateway, worker and simulated backend on this machine."""
    from senfcall_avv.devtools import demo as demonstration
    from senfcall_avv.devtools import processes
    from senfcall_avv.operations.serving import PortInUse, listen

    settings = _settings(workplace, port)
    with processes.Leaving() as leaving:
        if not demonstration.port_is_free(port + 1):
            raise click.ClickException(_in_use(port + 1, port))
        try:
            opened = listen("127.0.0.1", port)
        except PortInUse:
            raise click.ClickException(_in_use(port, port)) from None
        try:
            with opened, processes.beside_us(demonstration.simulated_backend(settings), leaving) as simulator:
                _serve(workplace, settings, opened, simulator, leaving)
        except processes.NotStarted as error:
            raise click.ClickException(f"The {error} did not start.") from None


def _in_use(taken: int, port: int) -> str:
    other = port + 1000 if port < 60000 else port - 1000
    return f"Port {taken} is in use by another program. Take others with: make serve PORT={other}"


def _serve(workplace: Installation, settings: Settings, opened: socket, simulator: Companion, leaving: Leaving) -> None:
    from senfcall_avv import make_app
    from senfcall_avv.devtools import demo as demonstration
    from senfcall_avv.devtools import processes
    from senfcall_avv.operations.serving import run

    _ready(workplace, settings)
    port = settings.server.port
    demonstration.remember_port(_folder(settings), port)
    leaving.forbid()  # a process that was just started must get into the hands of who ends it
    with processes.beside_us(processes.worker(workplace.config, demonstration.overrides(port)), leaving) as worker:
        app = make_app(settings, workplace.ini)
        found = demonstration.endpoints(workplace.session_factory, workplace.key_ring, settings)
        for companion in (simulator, worker):
            companion.wait_until_ready()
        run(app, opened, settings.server, lambda: click.echo(demonstration.banner(settings, found)))
