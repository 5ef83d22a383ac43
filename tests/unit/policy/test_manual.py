"""Every message links to its paragraph of the manual, and no paragraph is about a message that is never given."""

from __future__ import annotations

import re
from pathlib import Path

from senfcall_avv.policy.errors import MANUAL

ROOT = Path(__file__).parents[3]


def test_the_manual_has_a_paragraph_for_every_code_and_no_other() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "senfcall_avv" / "policy").rglob("*.py"))
    given = set(re.findall(r'"(P0\d\d)"', sources))
    explained = re.findall(r"^### (P0\d\d)\n\n\*\*.+?\*\*", (ROOT / MANUAL).read_text(), re.MULTILINE)
    assert sorted(explained) == sorted(given)
