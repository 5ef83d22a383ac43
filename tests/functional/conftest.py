"""The whole product for plugins: the real application, a real database, a simulated backend over real HTTP."""

from __future__ import annotations

import io
import logging
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from demonstration import Demonstration, copy_of_checkout, two_free_ports
from people import House, opened_house
from product import Plugin, Product

from senfcall_avv import logs, make_app
from senfcall_avv.db import make_engine, make_session_factory, session_scope
from senfcall_avv.edge import Edge
from senfcall_avv.endpoints.services import create_endpoint
from senfcall_avv.organizations.services import create_organization
from senfcall_avv.sealing import KeyRing, generate_key_line
from senfcall_avv.settings import load_settings
from senfcall_avv.simulator.app import Simulator
from senfcall_avv.simulator.server import serve_in_thread

BACKEND_SECRET = "secret-of-the-simulated-backend-0123456789"
POLICIES = Path(__file__).parents[2] / "policies"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    made = Simulator(BACKEND_SECRET)
    running = serve_in_thread(made)
    yield made
    running.close()


@pytest.fixture
def ini(tmp_path: Path, migrated_sqlite: Path, simulator: Simulator) -> dict[str, str]:
    """The settings of the product under test; a test may change them before it asks for ``product``."""
    return {
        "avv.environment": "development",
        "avv.public_url": "http://localhost",
        "avv.database_url": f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'avv.sqlite')}",
        "avv.keys": generate_key_line(),
        "avv.policy.directory": str(POLICIES),
        "avv.contracts.directory": str(POLICIES.parent / "contracts"),
        "avv.texts.directory": str(POLICIES.parent / "texts"),
        "avv.backend.url": f"{simulator.server_url}/bigbluebutton",
        "avv.backend.public_url": "https://bbb1.example.org/bigbluebutton",
        "avv.backend.secret": BACKEND_SECRET,
        "avv.upstream.connect_seconds": "10",
        "avv.upstream.total_seconds": "10",
    }


@pytest.fixture
def make_product(ini: dict[str, str], simulator: Simulator) -> Iterator[Callable[[], Product]]:
    """Makes the product of the settings as they are by then."""
    made: list[Edge] = []
    stream = io.StringIO()

    def make() -> Product:
        settings = load_settings(ini, {})
        engine = make_engine(settings.database_url)
        plugins = []
        with session_scope(make_session_factory(engine)) as session:
            for name in ("Verein A e. V.", "Verein B e. V."):
                ring = KeyRing.from_text(ini["avv.keys"])
                endpoint, secret = create_endpoint(session, ring, create_organization(session, name))
                plugins.append((endpoint.key, secret))
        engine.dispose()
        made.append(make_app(settings, ini))
        logs.configure(stream)
        return Product(made[0], simulator, stream, plugins)

    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield make
    for edge in made:
        edge.close()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)
    logs.configure()


@pytest.fixture
def product(make_product: Callable[[], Product]) -> Product:
    return make_product()


@pytest.fixture
def a(product: Product) -> Plugin:
    return product.a


@pytest.fixture
def b(product: Product) -> Plugin:
    return product.b


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """What ``make serve`` starts, for all tests of this process; Ctrl-C must end it in order."""
    with Demonstration(copy_of_checkout(tmp_path_factory.mktemp("checkout")), two_free_ports()) as running:
        running.ready()
        yield running
        assert running.end(signal.SIGINT, group=True) == 0
        assert running.gone
        assert running.listening == []


@pytest.fixture
def elsewhere() -> Iterator[Simulator]:
    """Another server, to which nothing may ever lead."""
    made = Simulator("another-secret-another-secret-another")
    running = serve_in_thread(made)
    yield made
    running.close()


@pytest.fixture
def house(tmp_path: Path, migrated_sqlite: Path) -> Iterator[House]:
    """The portal for people who come in by its front door."""
    with opened_house(tmp_path, migrated_sqlite) as opened:
        yield opened
