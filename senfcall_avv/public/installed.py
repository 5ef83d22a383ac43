"""What the pages of this room are made from, as the other rooms left it in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from senfcall_avv.bbb import catalog
from senfcall_avv.bbb.catalog import Catalogue

if TYPE_CHECKING:
    from senfcall_avv.policy.engine import Description
    from senfcall_avv.public.probe import Probe
    from senfcall_avv.public.texts import Texts
    from senfcall_avv.settings import Settings
    from senfcall_avv.typing import Request

TEXTS: Final = "avv.public.texts"
PROBE: Final = "avv.public.probe"


def texts_of(request: Request) -> Texts:
    """Give the operators' texts."""
    texts: Texts = request.registry[TEXTS]
    return texts


def probe_of(request: Request) -> Probe:
    """Give what looks whether the conference server answers."""
    probe: Probe = request.registry[PROBE]
    return probe


def settings_of(request: Request) -> Settings:
    """Give the settings."""
    settings: Settings = request.registry["avv.settings"]
    return settings


def described(request: Request) -> tuple[Description, Catalogue]:
    """Give what the policy in force says of the profile that new organisations get, and the catalogue beside it."""
    profile = settings_of(request).policy.default_profile
    description: Description = request.registry["avv.policy"].describe(profile)
    return description, catalog.load()
