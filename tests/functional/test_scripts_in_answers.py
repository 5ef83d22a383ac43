"""What a backend smuggles into an answer does not run in a browser that opens it at our address.

An XHTML script inside XML is a script to browsers, and portal and gateway may share one origin.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from listening import serving
from product import Product

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="a browser is tried where Debian's chromium is installed"),
]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCRIPT = '<x:script>document.documentElement.setAttribute("script", "ran")</x:script>'


def answer_for(key: str) -> str:
    """Give a meeting of this key that carries a script."""
    return (
        '<response xmlns:x="http://www.w3.org/1999/xhtml"><returncode>SUCCESS</returncode>'
        f"<meetingID>{key}-room</meetingID><metadata><avv-organization>{key}</avv-organization>{SCRIPT}</metadata>"
        "</response>"
    )


def opened(url: str, folder: Path) -> str:
    """Open an address in Chromium; give the document as it is afterwards."""
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder}", "--dump-dom", url]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=90).stdout


class Unprotected(BaseHTTPRequestHandler):
    """Serves the same document without our headers."""

    body: ClassVar[bytes] = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/xml;charset=utf-8")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's signature
        """Say nothing."""


@pytest.fixture
def listening(ini: dict[str, str]) -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        ini["avv.public_url"] = f"http://127.0.0.1:{made.getsockname()[1]}"
        yield made


def test_a_script_inside_an_answer_does_not_run(
    listening: socket.socket, ini: dict[str, str], make_product: Callable[[], Product], tmp_path: Path
) -> None:
    product = make_product()
    plugin = product.a
    product.simulator.faults.set("getMeetingInfo", "body", body=answer_for(plugin.key))
    target = f"{plugin.base}getMeetingInfo?{plugin.sign('getMeetingInfo', 'meetingID=room')}"
    with serving(product.edge, listening):
        document = opened(ini["avv.public_url"] + target, tmp_path / "ours")
    assert "x:script" in document
    assert 'script="ran"' not in document


def test_the_same_script_runs_where_nothing_forbids_it(tmp_path: Path) -> None:
    """Otherwise the test before would prove nothing."""
    Unprotected.body = answer_for("k" * 16).encode()
    server = HTTPServer(("127.0.0.1", 0), Unprotected)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        document = opened(f"http://127.0.0.1:{server.server_port}/", tmp_path / "theirs")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert 'script="ran"' in document
