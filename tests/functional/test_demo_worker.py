"""The third process of ``make serve``: the worker, and the page that shows its mails."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import requests
from demonstration import Demonstration, copy_of_checkout, two_free_ports


def test_people_are_told_where_the_mails_are(demonstration: Demonstration) -> None:
    address = f"http://127.0.0.1:{demonstration.port}/devtools/outbox"
    assert address in demonstration.said
    assert requests.get(address, timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("number", "group"),
    [pytest.param(signal.SIGINT, True, id="Ctrl-C"), pytest.param(signal.SIGTERM, False, id="SIGTERM to one")],
)
def test_the_worker_ends_in_order_with_the_others(tmp_path: Path, number: int, group: bool) -> None:
    with Demonstration(copy_of_checkout(tmp_path), two_free_ports()) as running:
        running.ready()
        assert running.end(number, group=group) == 0
        assert running.gone
        running.errors.seek(0)
        said = running.errors.read()
    assert "worker.leads" in said
    assert "worker.ended" in said
    assert "Traceback" not in said
