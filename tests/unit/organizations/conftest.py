from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from senfcall_avv.contracts.texts import Texts, read_texts
from senfcall_avv.settings import BackendSettings, Settings

CONTRACTS = Path(__file__).parents[3] / "contracts"


@pytest.fixture
def settings() -> Settings:
    return Settings(
        environment="development",
        public_url="https://avv.example.org",
        database_url="sqlite:///not-asked-for",
        backend=BackendSettings(url="https://bbb.example.org/bigbluebutton", secret=SecretStr("x" * 40)),
    )


@pytest.fixture(scope="session")
def texts() -> Texts:
    return read_texts(CONTRACTS, date(2026, 11, 2))
