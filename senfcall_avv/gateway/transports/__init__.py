"""How a built call travels to a BBB backend: one interface, two implementations that pass the same contract.

``requests`` runs wherever the product runs. ``curl`` (extra ``curl``) costs a fraction of the processor time per
exchange and is meant for production. What both promise stands in ``interface``.
"""

from __future__ import annotations

from typing import Final

from senfcall_avv.gateway.transports.interface import Options, Reply, Transport, UpstreamError

__all__ = ["NAMES", "Options", "Reply", "Transport", "UpstreamError", "make"]

NAMES: Final = ("requests", "curl")


def make(name: str, options: Options | None = None) -> Transport:
    """Build the transport of that name; without options, with the defaults.

    Raises ValueError for an unknown name, ImportError naming the missing extra, and OSError (ssl.SSLError if it is no
    bundle) when the bundle of authorities cannot be read.
    """
    chosen = options or Options()
    if name == "requests":
        from senfcall_avv.gateway.transports.by_requests import RequestsTransport

        return RequestsTransport(chosen)
    if name == "curl":
        _need_pycurl()
        from senfcall_avv.gateway.transports.by_curl import CurlTransport

        return CurlTransport(chosen)
    raise ValueError(f"No transport is called {name!r}; there are: {', '.join(NAMES)}.")


def _need_pycurl() -> None:
    try:
        import pycurl
    except ImportError:
        found = "it is not installed"
    else:
        # Came late to pycurl. Without it nothing keeps libcurl from repeating a call that must not be repeated.
        if hasattr(pycurl, "PREREQFUNCTION"):
            return
        found = f"this one is too old ({pycurl.version})"
    raise ImportError(
        f"The transport 'curl' needs a recent pycurl, and {found}: install the extra with "
        "pip install --upgrade 'senfcall_avv[curl]', or choose the transport 'requests'."
    )
