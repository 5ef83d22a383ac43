from collections.abc import Iterable
from typing import Any

def parse(tokens: Iterable[tuple[str, Any]]) -> Any: ...
