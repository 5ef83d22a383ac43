"""``python -m senfcall_avv.simulator``: serve a simulated BBB backend on loopback until told to stop."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from types import FrameType
from typing import Final

from senfcall_avv.bbb.checksum import ALGORITHMS
from senfcall_avv.simulator.app import Simulator
from senfcall_avv.simulator.profile import PROFILES
from senfcall_avv.simulator.server import serve_in_thread
from senfcall_avv.simulator.state import Settings

SECRET_VARIABLE: Final = "SIMULATOR_SECRET"  # noqa: S105 # the name of a variable
"""Environment variable for the secret, which then does not show in the list of processes."""


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m senfcall_avv.simulator", description=__doc__)
    options.add_argument("--port", type=int, default=6544, help="on 127.0.0.1 (default: %(default)s; 0: any free one)")
    secret = os.environ.get(SECRET_VARIABLE)
    options.add_argument(
        "--secret", default=secret, required=secret is None, help=f"the API's shared secret (or ${SECRET_VARIABLE})"
    )
    options.add_argument("--server-url", default="", help="address under which clients reach it (default: its own)")
    options.add_argument("--profile", choices=list(PROFILES), default="3.0.15", help="BBB version to play")
    options.add_argument("--algorithms", default=",".join(ALGORITHMS), help="hashes that checksums may be made with")
    options.add_argument("--timezone", default="UTC", help="for the dates in documents")
    options.add_argument("--time-factor", type=float, default=1.0, help="how many times faster the clock runs")
    options.add_argument("--end-delay", type=float, default=0.0, help="seconds from end to a meeting's removal")
    options.add_argument(
        "--callbacks", action="store_true", help="call the addresses that want to know of a meeting's end"
    )
    return options


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Gives the exit code: 0, or 2 if the port is in use."""
    options = parser().parse_args(arguments)
    simulator = Simulator(
        options.secret,
        server_url=options.server_url,
        profile=options.profile,
        algorithms=options.algorithms,
        time_factor=options.time_factor,
        settings=Settings(timezone=options.timezone, end_delay=options.end_delay),
    )
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        running = serve_in_thread(simulator, options.port)
    except OSError as error:
        print(f"Port {options.port} on 127.0.0.1 cannot be used: {error.strerror}.", file=sys.stderr)  # noqa: T201 # a command
        return 2
    with running:
        print(f"Simulated BBB {options.profile} on {running.url}/bigbluebutton/api", flush=True)  # noqa: T201 # a command
        while not stop.wait(1.0 if options.callbacks else None):
            simulator.deliver_callbacks()
    return 0


if __name__ == "__main__":
    sys.exit(main())
