from collections.abc import Callable, Mapping
from typing import Any

class TranslationString(str):
    domain: str | None
    default: str | None
    mapping: Mapping[str, Any] | None
    def __new__(
        cls,
        msgid: str,
        domain: str | None = ...,
        default: str | None = ...,
        mapping: Mapping[str, Any] | None = ...,
        context: str | None = ...,
    ) -> TranslationString: ...
    def interpolate(self, translated: str | None = ...) -> str: ...

class _Factory:
    def __call__(
        self,
        msgid: str,
        mapping: Mapping[str, Any] | None = ...,
        default: str | None = ...,
        context: str | None = ...,
    ) -> TranslationString: ...

def TranslationStringFactory(factory_domain: str) -> _Factory: ...
def ChameleonTranslate(translator: Callable[..., str] | None) -> Callable[..., str]: ...
