from typing import Any

class ValidationFailure(Exception):
    field: Any
    cstruct: Any
    error: Any
