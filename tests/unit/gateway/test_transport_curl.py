from __future__ import annotations

import pytest

from tests.contracts_of.transport import TransportContract

pytest.importorskip("pycurl", reason="pycurl is not installed: pip install 'senfcall_avv[curl]' to test this transport")


class TestCurl(TransportContract):
    name = "curl"
