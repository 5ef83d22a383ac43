"""The plugins' door: a drop-in BBB API for each organisation.

A call's way: ``tween`` (is it genuine, is it allowed) → traversal (``resources``) → one view per call (``views``,
``join``) → ``upstream`` → ``isolation`` (names out and back) → XML back.
"""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    """Put the gateway together; imported only here, for its parts are used without it."""
    from senfcall_avv.gateway import configuration

    configuration.includeme(config)
