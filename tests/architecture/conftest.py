"""The whole product, as the functional tests have it."""

from __future__ import annotations

from functional.conftest import a, b, ini, make_product, product, simulator

__all__ = ["a", "b", "ini", "make_product", "product", "simulator"]
