"""What ``make serve`` starts, as a process of its own in a copy of a checkout, on ports that nobody else has."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Self

from senfcall_avv.devtools.demo import port_is_free

CHECKOUT = Path(__file__).parents[1]
LAST_LINE = "Ctrl-C ends everything.\n"
_COPIED = (
    "Makefile",
    "README.md",
    "development.ini",
    "production.ini",
    "policies",
    "texts",
    "contracts",
    "pyproject.toml",
    "setup.cfg",
)
_ENVIRONMENT_MARK = ".runtime"


def copy_of_checkout(folder: Path) -> Path:
    """Make a checkout in a folder, with this Python's environment as its ``.venv``, and without any data."""
    for name in (*_COPIED, "requirements.txt"):
        source = CHECKOUT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    environment = folder / ".venv"
    environment.mkdir()
    for entry in Path(sys.prefix).iterdir():
        (environment / entry.name).symlink_to(entry)
    (environment / _ENVIRONMENT_MARK).unlink(missing_ok=True)
    (environment / _ENVIRONMENT_MARK).touch()
    return folder


def two_free_ports() -> int:
    """Give the lower of two neighbouring free ports, out of the range that systems take for outgoing connections."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        if port_is_free(port) and port_is_free(port + 1):
            return port


def environment(**more: str) -> dict[str, str]:
    """Give the environment of a person's shell: none of the settings that a test run was started with."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AVV_", "MAKE"))} | more


def avv(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run ``avv`` to its end in a checkout."""
    command = [str(folder / ".venv/bin/avv"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment(**more), capture_output=True, text=True, check=False)


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections on this port of the loopback address."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Demonstration:
    """A running demonstration. Leaving the block ends what is left of it, however a test went."""

    def __init__(self, folder: Path, port: int, command: tuple[str, ...] = ()) -> None:
        self.folder, self.port, self.said = folder, port, ""
        usual = (str(folder / ".venv/bin/avv"), "--config", "development.ini", "demo", "serve", "--port", str(port))
        self.errors = (folder / "errors").open("w+")
        self.process = subprocess.Popen(
            command or usual,
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if not self.gone:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._out.close()
        self.errors.close()

    @property
    def _out(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def ready(self) -> str:
        """Wait until it says that it serves; give all that it said, which ``said`` keeps."""
        for line in self._out:
            self.said += line
            if line == LAST_LINE:
                return self.said
        self.errors.seek(0)
        raise AssertionError(f"exit code {self.process.wait()}\n{self.said}{self.errors.read()}")

    def described(self) -> dict[str, Any]:
        """Ask where it is, as programs do."""
        result = avv(self.folder, "demo", "--json")
        assert result.returncode == 0, result.stderr
        described: dict[str, Any] = json.loads(result.stdout)
        return described

    def end(self, number: int, *, group: bool = False) -> int:
        """Send a signal to it alone, or to the group as a terminal does on Ctrl-C; give its exit code."""
        (os.killpg if group else os.kill)(self.process.pid, number)
        return self.process.wait()

    @property
    def gone(self) -> bool:
        """Whether none of its processes is left."""
        if self.process.poll() is None:
            return False
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False

    @property
    def listening(self) -> list[int]:
        """Which of its two ports accept connections."""
        return [port for port in (self.port, self.port + 1) if listens(port)]
