# What we use of deform.
from collections.abc import Sequence
from typing import Any

from deform.field import Field

class Form(Field):
    action: str
    buttons: list[Any]
    formid: str
    def __init__(
        self,
        schema: Any,
        action: str = ...,
        method: str = ...,
        buttons: Sequence[Any] = ...,
        formid: str = ...,
        focus: str = ...,
        **kw: Any,
    ) -> None: ...
