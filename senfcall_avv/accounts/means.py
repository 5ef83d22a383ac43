"""What this room works with, made once from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from senfcall_avv.accounts.links import Links
from senfcall_avv.accounts.passkeys import Site
from senfcall_avv.accounts.password import Passwords
from senfcall_avv.accounts.sessions import Lifetimes

if TYPE_CHECKING:
    from senfcall_avv.sealing import KeyRing
    from senfcall_avv.settings import Settings

_KEPT: Final = "avv.accounts.means"


@dataclass(frozen=True)
class Means:
    """Passed to services instead of a request."""

    passwords: Passwords
    ring: KeyRing
    links: Links
    lifetimes: Lifetimes
    site: Site

    @classmethod
    def of(cls, settings: Settings, ring: KeyRing) -> Means:
        return cls(
            passwords=Passwords(settings.accounts),
            ring=ring,
            links=Links(settings.public_url),
            lifetimes=Lifetimes.of(settings.accounts),
            site=Site.of(settings.public_url),
        )


def means_of(registry: Any) -> Means:
    """Give the means of the running application; they are made at the first use, for a hash is costly."""
    made: Means | None = registry.get(_KEPT)
    if made is None:
        made = registry[_KEPT] = Means.of(registry["avv.settings"], registry["avv.key_ring"])
    return made
