"""Run a command with the services that the tests need beyond Python, and stop them afterwards.

    python tests/services.py COMMAND [ARGUMENT ...]

PostgreSQL is started in a temporary folder, on a loopback port of its own, and named in AVV_TEST_POSTGRESQL. Node.js
and Chromium are only looked for. What is missing is installed from Debian's packages when run as root in CI (CI=true),
where no test may be skipped; elsewhere one line says what to install, and the tests that need it are skipped.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
IN_CI = os.environ.get("CI") == "true"
PACKAGES = {"PostgreSQL": ("postgresql",), "Node.js": ("nodejs", "npm"), "Chromium": ("chromium",)}


def postgresql_folder() -> Path | None:
    """Find the newest installed server's programs."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def missing() -> list[str]:
    """Name what is not installed."""
    found = {
        "PostgreSQL": postgresql_folder() is not None,
        "Node.js": bool(shutil.which("npm") and shutil.which("node")),
        "Chromium": bool(shutil.which("chromium")),
    }
    return [name for name, there in found.items() if not there]


def provide() -> None:
    """Install what is missing, or say what to install."""
    names = missing()
    if not names:
        return
    packages = [package for name in names for package in PACKAGES[name]]
    if IN_CI and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
        subprocess.run(
            ["apt-get", "install", "-qq", "--no-install-recommends", "--yes", *packages], check=True, env=environment
        )
        return
    sys.stdout.write(
        f"{', '.join(names)} not found: their tests are skipped. To run them: apt-get install {' '.join(packages)}\n"
    )


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgresql(programs: Path) -> Iterator[str]:
    """Run a throw-away server without durability; give its URL."""
    # The server refuses to run as root, so root lends it to another user, whose the folder must be.
    owner = pwd.getpwnam("postgres" if has_user("postgres") else "nobody") if os.geteuid() == 0 else None
    identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    with tempfile.TemporaryDirectory(prefix="avv-pg-") as name:
        home = Path(name)
        if owner:
            os.chown(home, owner.pw_uid, owner.pw_gid)
        data, port = home / "data", free_port()
        quiet = {"stdout": subprocess.DEVNULL, "cwd": home, **identity}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "avv", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            **quiet,
        )
        options = f"-p {port} -h 127.0.0.1 -k {home} -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        control = [programs / "pg_ctl", "-D", data, "-w"]
        subprocess.run([*control, "-o", options, "-l", home / "log", "start"], check=True, **quiet)
        try:
            yield f"postgresql://avv@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=False, **quiet)


def has_user(name: str) -> bool:
    """Tell whether the machine knows this user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def node_modules() -> None:
    """Install the client library for Node.js, exactly as locked, unless it is there."""
    folder = HERE / "node"
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if shutil.which("npm") and (not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime):
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], check=True, cwd=folder)


def main() -> int:
    """Run the command; give its exit code."""
    provide()
    node_modules()
    environment = dict(os.environ)
    if IN_CI:
        environment["AVV_TEST_NOTHING_SKIPPED"] = "1"
    with ExitStack() as stack:
        programs = postgresql_folder()
        if programs and "AVV_TEST_POSTGRESQL" not in environment:
            environment["AVV_TEST_POSTGRESQL"] = stack.enter_context(postgresql(programs))
        return subprocess.run(sys.argv[1:], check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
