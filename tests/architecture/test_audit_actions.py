"""What is recorded has a sentence for people, in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from product import Product

from senfcall_avv.audit.actions import actions_of

PACKAGE = Path(__file__).parents[2] / "senfcall_avv"
RECORDERS = {"record", "record_apart"}


def recorded(source: str) -> set[str]:
    """Name the actions that a module records, as far as they stand there word for word."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = (
        (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) for node in calls
    )
    return {
        str(node.args[2].value)
        for node, name in zip(calls, names, strict=True)
        if name in RECORDERS and len(node.args) > 2 and isinstance(node.args[2], ast.Constant)
    }


def test_every_action_that_is_recorded_is_declared(product: Product) -> None:
    assert recorded("audit.record(s, a, 'x.y', now=n)\nrecord_apart(f, a, 'x.z')\nrecord(s, a, name)") == {"x.y", "x.z"}
    declared = actions_of(product.registry)
    found = {str(path.relative_to(PACKAGE)): recorded(path.read_text()) for path in PACKAGE.rglob("*.py")}
    assert any(found.values())
    assert {path: names - declared.keys() for path, names in found.items() if names - declared.keys()} == {}


def test_every_sentence_is_there_in_both_languages_and_names_the_same_facts(product: Product) -> None:
    def facts(text: str) -> set[str]:
        return set(re.findall(r"\{([a-z_]+)\}", text))

    for action in actions_of(product.registry).values():
        assert action.german
        assert action.english
        assert action.german != action.english
        assert facts(action.german) == facts(action.english), action.name
