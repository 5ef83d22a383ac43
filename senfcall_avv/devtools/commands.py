"""The demonstration on the command line."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from senfcall_avv.cli import Workplace
    from senfcall_avv.settings import Settings

COMMANDS: Final = {"demo": "Print where the demonstration is, or start it with `avv demo serve`."}
"""Names and helps, read as text by ``avv --help``: keep it a literal."""


def _settings(workplace: Workplace, port: int | None) -> Settings:
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

    workplace: Workplace = ctx.obj
    settings = _settings(workplace, None)
    _ready(workplace, settings)
    found = demonstration.endpoints(workplace.session_factory, workplace.key_ring, settings)
    if as_json:
        click.echo(json.dumps(demonstration.described(settings, found), ensure_ascii=False))
    else:
        click.echo(demonstration.banner(settings, found))


def _ready(workplace: Workplace, settings: Settings) -> None:
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
def serve(workplace: Workplace, port: int) -> None:
    """Start portal, gateway and simulated backend on this machine."""
    from senfcall_avv.devtools import demo as demonstration
    from senfcall_avv.operations.serving import PortInUse, listen

    settings = _settings(workplace, port)
    if not demonstration.port_is_free(port + 1):
        raise click.ClickException(_in_use(port + 1, port))
    try:
        opened = listen("127.0.0.1", port)
    except PortInUse:
        raise click.ClickException(_in_use(port, port)) from None
    simulator = demonstration.start_simulator(settings)
    try:
        _serve(workplace, settings, opened, port)
    finally:
        # Ctrl-C reaches the whole group of processes, a signal to us alone does not.
        simulator.send_signal(signal.SIGTERM)
        simulator.wait(10)


def _in_use(taken: int, port: int) -> str:
    return f"Port {taken} is in use by another program. Take others with: make serve PORT={port + 1000}"


def _serve(workplace: Workplace, settings: Settings, opened: Any, port: int) -> None:
    from senfcall_avv import make_app
    from senfcall_avv.devtools import demo as demonstration
    from senfcall_avv.operations.serving import run

    _ready(workplace, settings)
    demonstration.remember_port(_folder(settings), port)
    app = make_app(settings, workplace.ini)
    found = demonstration.endpoints(workplace.session_factory, workplace.key_ring, settings)
    run(app, opened, settings.server, lambda: click.echo(demonstration.banner(settings, found)))
