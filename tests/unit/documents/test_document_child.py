"""The process apart: what it may not do, how it may end, and that its end harms nobody."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from senfcall_avv.documents import child
from senfcall_avv.documents.child import Places, inspect_apart, run
from senfcall_avv.documents.findings import DAMAGED, Bounds, Finding, MediaType, Reason, pack, unpack
from tests.factories.documents import (
    content_bomb,
    encrypted_pdf,
    flat_png,
    make_image,
    make_pdf,
    object_stream_bomb,
    telling_jpeg,
)

BOUNDS = Bounds(pages=50, pixels=40_000_000, side=10_000)
SHUT = "from senfcall_avv.documents.inspection import *; limit_resources(); close_doors(); "


def python(program: str, data: bytes = b"", wall_seconds: float = 30.0) -> bytes:
    """Run a program as the inspection is run."""
    return run([sys.executable, "-I", "-c", program], data, wall_seconds)


@pytest.mark.parametrize(
    ("media_type", "data", "reason"),
    [
        (MediaType.PDF, make_pdf(pages=2), None),
        (MediaType.PDF, encrypted_pdf(user="geheim"), Reason.ENCRYPTED),
        (MediaType.PDF, encrypted_pdf(owner="nur-der-besitzer"), Reason.ENCRYPTED),
        (MediaType.JPEG, telling_jpeg(b"planted-words-4711"), None),
        (MediaType.PNG, make_image("PNG"), None),
        (MediaType.PNG, make_image("PNG")[:500], Reason.DAMAGED),
    ],
    ids=["pdf", "encrypted", "opens without password", "jpeg", "png", "half"],
)
def test_what_the_process_apart_finds_arrives_here(media_type: MediaType, data: bytes, reason: Reason | None) -> None:
    finding = inspect_apart(media_type, data, BOUNDS)
    assert finding.reason is reason
    assert bool(finding.body) is bool(finding.preview) is (reason is None and media_type is not MediaType.PDF)


def test_forty_million_pixels_fit_into_its_memory() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # has to be turned, which needs them twice
    out = io.BytesIO()
    Image.new("RGB", (8000, 5000), "white").save(out, "PNG", exif=exif, compress_level=1)
    finding = inspect_apart(MediaType.PNG, out.getvalue(), BOUNDS)
    assert finding.reason is None
    assert Image.open(io.BytesIO(finding.body)).size == (5000, 8000)
    assert inspect_apart(MediaType.PNG, flat_png((8000, 5000), "RGBA"), BOUNDS).reason is None


@pytest.mark.parametrize("mebibytes", [50, 4000])
def test_a_page_that_would_unpack_to_gigabytes_is_not_unpacked(mebibytes: int) -> None:
    bomb = content_bomb(mebibytes)
    assert len(bomb) < 60_000
    assert inspect_apart(MediaType.PDF, bomb, BOUNDS) == Finding(pages=1)


def test_an_object_stream_that_unpacks_to_gigabytes_ends_the_process_alone() -> None:
    bomb = object_stream_bomb(4000)
    assert len(bomb) < 60_000
    assert inspect_apart(MediaType.PDF, bomb, BOUNDS) == DAMAGED
    assert inspect_apart(MediaType.PDF, make_pdf(), BOUNDS) == Finding(pages=1)


@pytest.mark.parametrize(
    ("attempt", "refused"),
    [
        ("socket.socket()", "OSError"),
        ("socket.create_connection(('127.0.0.1', 9))", "OSError"),
        ("os.pipe()", "OSError"),
        ("open('/etc/passwd')", "OSError"),
        ("os.open('/tmp', os.O_RDONLY)", "OSError"),
        ("bytearray(600 * 1024 * 1024)", "MemoryError"),
    ],
)
def test_it_can_open_nothing_and_take_no_more_memory(attempt: str, refused: str) -> None:
    said = python(f"import socket, os\n{SHUT}\ntry:\n    {attempt}\nexcept {refused}: print('refused')")
    assert said == b"refused\n"
    if "9))" not in attempt:  # nobody listens there
        assert python(f"import socket, os\n{attempt}\nprint('done')") == b"done\n"


def test_it_can_write_no_file_even_through_a_descriptor_it_was_given() -> None:
    program = f"import os, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); f = os.memfd_create('x'); {SHUT}"
    tried = f"{program}\ntry:\n    os.write(f, b'x')\nexcept OSError as error: print(error.errno)"
    assert python("import os; f = os.memfd_create('x'); print(os.write(f, b'x'))") == b"1\n"
    assert int(python(tried)) == 27


def test_its_limits_are_five_seconds_of_work_and_half_a_gibibyte() -> None:
    program = SHUT + "print([resource.getrlimit(kind) for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS)])"
    assert json.loads(python(program).replace(b"(", b"[").replace(b")", b"]")) == [[5, 5], [2**29, 2**29]]


def test_a_process_that_uses_up_its_time_is_ended_by_the_kernel() -> None:
    endless = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass"
    assert python(endless) == b""


def test_it_sees_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVV_KEYS", "k1:planted")
    seen = json.loads(python("import os, json; print(json.dumps(dict(os.environ)))"))
    assert "AVV_KEYS" not in seen
    assert seen["LC_ALL"] == "C.UTF-8"


@pytest.mark.parametrize(
    "program",
    [
        "import os; os._exit(1)",
        "import os; os.kill(os.getpid(), 9)",
        "import sys; sys.stdin.read(); sys.stdout.write('x'); sys.exit(3)",
        "import os; os.close(0); os.close(1); os._exit(1)",
    ],
    ids=["exit", "killed", "answer and error", "closed pipes"],
)
def test_however_it_ends_there_is_an_answer(program: str) -> None:
    assert python(program, bytes(5_000_000)) == b""


@pytest.mark.parametrize(
    "program", ["import signal; signal.pause()", "import sys; sys.stdin.buffer.read()\nwhile True: pass"]
)
def test_one_that_hangs_is_killed_by_the_clock(program: str) -> None:
    assert python(program, bytes(5_000_000), wall_seconds=0.3) == b""


def test_one_that_never_stops_writing_is_cut_off() -> None:
    endless = "import sys; sys.stdin.buffer.read()\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))"
    assert python(endless) == b""


def test_no_child_is_left_behind() -> None:
    def children() -> set[str]:
        listed = subprocess.run(
            ["ps", "--ppid", str(os.getpid()), "-o", "pid="], capture_output=True, check=True, text=True
        )
        return set(listed.stdout.split())

    before = len(children())
    python("import signal; signal.pause()", b"x", wall_seconds=0.2)
    inspect_apart(MediaType.PDF, make_pdf(), BOUNDS)
    assert len(children()) == before


def test_two_places_are_given_at_once_and_a_third_waits_in_vain() -> None:
    places = Places(2)
    with places.one(1), places.one(1), pytest.raises(child._Busy), places.one(0.01):
        pass
    with places.one(0.01):
        pass


def test_whoever_finds_no_place_may_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places(1)
    monkeypatch.setattr(child, "_PLACES", places)
    with places.one(1):
        assert inspect_apart(MediaType.PDF, make_pdf(), BOUNDS, wait_seconds=0.01) == Finding(Reason.BROKEN)
    assert inspect_apart(MediaType.PDF, make_pdf(), BOUNDS, wait_seconds=0.01) == Finding(pages=1)


def test_many_inspections_at_once_are_all_answered() -> None:
    with ThreadPoolExecutor(6) as pool:
        findings = list(pool.map(lambda _n: inspect_apart(MediaType.PDF, make_pdf(), BOUNDS), range(6)))
    assert findings == [Finding(pages=1)] * 6
    assert threading.active_count() < 50


@pytest.mark.parametrize(
    "finding", [DAMAGED, Finding(pages=3), Finding(pages=1, note=Reason.SMALL, body=b"\0body", preview=b"preview")]
)
def test_a_finding_comes_through_the_pipe_as_it_was(finding: Finding) -> None:
    assert unpack(pack(finding)) == finding


def forged(**facts: object) -> bytes:
    header = json.dumps({"reason": None, "pages": 1, "note": None, "body": 0, "preview": 0} | facts).encode()
    return len(header).to_bytes(4, "big") + header


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0\0",
        b"\xff\xff\xff\xff{}",
        b"\0\0\0\2[]",
        b"\0\0\0\2{}",
        b"\0\0\0\1{",
        b"\0\0\0\1\xff",
        forged(more=1),
        forged(reason="approved"),
        forged(reason=["damaged"]),
        forged(pages=-1),
        forged(pages=True),
        forged(pages=1e3),
        forged(pages=10**12),
        forged(body=5),
        forged(body=-4, preview=4),
        forged() + b"tail",
    ],
)
def test_an_answer_that_we_did_not_write_is_no_finding(data: bytes) -> None:
    with pytest.raises(ValueError):
        unpack(data)
