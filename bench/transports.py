"""What one exchange with a backend costs: processor time in the calling thread, by transport, over a kept connection.

The backend is a process of its own on loopback that answers 2.5 kB, like one meeting's getMeetingInfo. The processor
time is that of the best of several rounds: whatever else the machine does can only make a round worse.

    python bench/transports.py [exchanges per round]
"""

from __future__ import annotations

import multiprocessing
import socket
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from senfcall_avv.gateway.transports import NAMES, Options, Transport, make  # noqa: E402 - the root comes first
from tests.contracts_of.authority import Authority  # noqa: E402 - the root comes first

ROUNDS = 7
EXCHANGES = 500
BODY = b"<response>" + b"x" * 2479 + b"</response>"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
TARGET = "/bigbluebutton/api/getMeetingInfo?meetingID=" + "a" * 40 + "&checksum=" + "0" * 64


def serve(ready: Connection, chain: str | None) -> None:
    """Answer one connection after the other until the process is ended."""
    context = None
    if chain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ready.send(listener.getsockname()[1])
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                while connection.recv(65536):
                    connection.sendall(ANSWER)


@contextmanager
def backend(chain: str | None) -> Iterator[str]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there, chain), daemon=True)
    process.start()
    try:
        yield f"{'https' if chain else 'http'}://127.0.0.1:{here.recv()}{TARGET}"
    finally:
        process.terminate()
        process.join()


def measure(transport: Transport, url: str, exchanges: int) -> tuple[float, float]:
    """Give the best round's processor time and the median round's elapsed time, in µs per exchange."""
    processor: list[float] = []
    elapsed: list[float] = []
    for _ in range(ROUNDS):
        cpu, clock = time.thread_time(), time.perf_counter()
        for _ in range(exchanges):
            assert transport.get(url, total_seconds=5, repeatable=True).body == BODY
        processor.append((time.thread_time() - cpu) / exchanges * 1e6)
        elapsed.append((time.perf_counter() - clock) / exchanges * 1e6)
    return min(processor), statistics.median(elapsed)


def main() -> None:
    exchanges = int(sys.argv[1]) if len(sys.argv) > 1 else EXCHANGES
    print(f"{'transport':<10} {'link':<6} {'CPU µs':>8} {'elapsed µs':>11}")
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        for link, chain in (("plain", None), ("TLS", authority.server_file())):
            for name in NAMES:
                transport = make(name, Options(ca_bundle=authority.bundle))
                with backend(chain) as url:
                    cpu, clock = measure(transport, url, exchanges)
                transport.close()
                print(f"{name:<10} {link:<6} {cpu:>8.0f} {clock:>11.0f}")


if __name__ == "__main__":
    main()
