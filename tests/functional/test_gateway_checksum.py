"""Who may call: every way in which a checksum can be wrong, missing, doubled, disguised or somebody else's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from product import ENTER, Plugin, Product, endpoint_of, outcome, without_id
from webtest import TestResponse

from senfcall_avv.bbb import catalog
from senfcall_avv.bbb.checksum import ALGORITHMS, sign
from senfcall_avv.db import session_scope
from senfcall_avv.endpoints.models import Endpoint, EndpointSecret
from senfcall_avv.endpoints.services import pause, revoke, rotate_secret
from senfcall_avv.endpoints.snapshot import UNKNOWN
from senfcall_avv.sealing import KeyRing

ROOM = "name=ab&meetingID=x1"
UNKNOWN_KEY = "zzzzzzzzzzzzzzzz"


def change(product: Product, plugin: Plugin, how: Callable[[Endpoint], object]) -> None:
    """Change an endpoint's row, and let the gateway take notice as its thread does every second."""
    with session_scope(product.registry["avv.session_factory"]) as session:
        endpoint = session.merge(endpoint_of(product, plugin))
        how(endpoint)
    product.registry["avv.snapshot"].refresh()


def rotate(product: Product, plugin: Plugin, overlap: timedelta, now: datetime) -> str:
    ring: KeyRing = product.registry["avv.key_ring"]
    with session_scope(product.registry["avv.session_factory"]) as session:
        secret = rotate_secret(session, ring, session.merge(endpoint_of(product, plugin)), overlap, now)
    product.registry["avv.snapshot"].refresh()
    return secret


def set_clock(product: Product, moment: datetime) -> None:
    product.registry["avv.gate"] = product.registry["avv.gate"]._replace(clock=moment.timestamp)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title], ids=["lower", "upper", "mixed"])
def test_every_algorithm_passes_in_any_letter_case(
    product: Product, a: Plugin, algorithm: str, spelling: Callable[[str], str]
) -> None:
    checksum = spelling(sign("create", ROOM, a.secret.encode(), algorithm))
    response = product.asked(lambda: a.send("create", f"{ROOM}&checksum={checksum}"), upstream=1)
    assert outcome(response) == "SUCCESS"


def test_an_algorithm_that_is_not_on_the_installations_list_is_refused(
    ini: dict[str, str], make_product: Callable[[], Product]
) -> None:
    ini["avv.gateway.algorithms"] = "sha256 sha512"
    product = make_product()
    for algorithm in ("sha1", "sha384"):
        product.is_refused(
            partial(product.a.send, "create", product.a.sign("create", ROOM, algorithm=algorithm)),
            "checksumError",
        )
    for algorithm in ("sha256", "sha512"):
        assert outcome(product.a.send("create", product.a.sign("create", ROOM, algorithm=algorithm))) == "SUCCESS"


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("checksum={V}&name=ab&meetingID=x1", id="first"),
        pytest.param("name=ab&checksum={V}&meetingID=x1", id="middle"),
        pytest.param("name=ab&meetingID=x1&checksum={V}", id="last"),
        pytest.param("name=ab&meetingID=x1&checksumHash=sha256&checksum={V}", id="with-a-hint"),
        pytest.param("name=ab&meetingID=x1&mychecksum=9&checksum={V}", id="beside-a-similar-name"),
        pytest.param("name=ab&&meetingID=x1&&checksum={V}&", id="beside-empty-pieces"),
        pytest.param("name=ab&meetingID=x1&checksum={V}&foo", id="before-a-bare-name"),
    ],
)
def test_the_checksum_may_stand_anywhere_in_the_query(product: Product, a: Plugin, query: str) -> None:
    covered = "&".join(piece for piece in query.split("&") if piece != "checksum={V}")
    signed = query.replace("{V}", sign("create", covered, a.secret.encode()))
    assert outcome(product.asked(lambda: a.send("create", signed), upstream=1)) == "SUCCESS"
    sent = product.last_sent("create")
    assert (sent["name"], sent["meetingID"]) == ("ab", f"{a.key}-x1")
    assert not {"checksumHash", "mychecksum", "foo"} & sent.keys()


@pytest.mark.parametrize(
    ("query", "value"),
    [
        pytest.param("Jour+Fixe", "Jour Fixe", id="plus"),
        pytest.param("Jour%20Fixe", "Jour Fixe", id="percent-twenty"),
        pytest.param("L%c3%b6we", "Löwe", id="lower-case-hexadecimal"),
        pytest.param("L%C3%B6we", "Löwe", id="upper-case-hexadecimal"),
        pytest.param("*~'()!;,/?:@", "*~'()!;,/?:@", id="unescaped"),
        pytest.param("a=b=c", "a=b=c", id="equals-signs"),
        pytest.param("%4eacht", "Nacht", id="needlessly-escaped"),
        pytest.param("100%2525", "100%25", id="escaped-twice"),
        pytest.param("a%26meetingID=b", "a&meetingID=b", id="escaped-separator"),
    ],
)
def test_what_was_signed_arrives_as_it_was_meant(product: Product, a: Plugin, query: str, value: str) -> None:
    response = product.asked(lambda: a.raw("create", f"meetingID=x1&name={query}"), upstream=1)
    assert outcome(response) == "SUCCESS"
    assert product.last_sent("create")["name"] == value


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("{Q}", id="missing"),
        pytest.param("{Q}&checksum=", id="G05-empty"),
        pytest.param("{Q}&checksum", id="G05-bare"),
        pytest.param("{Q}&checksum={V}&checksum={V}", id="G03-twice"),
        pytest.param("{Q}&che%63ksum={V}", id="G04-encoded-name"),
        pytest.param("{Q}&%20checksum={V}", id="G04-space-before"),
        pytest.param("{Q}&checksum%00={V}", id="G04-nul-behind"),
        pytest.param("{Q}&Checksum={V}", id="G04-capital"),
        pytest.param("{Q}&checksum={V}&che%63ksum={V}", id="G04-second-encoded"),
        pytest.param("{Q}&checksum={V}&+checksum={V}", id="G04-second-with-plus"),
        pytest.param("{Q}&checksum={V}&CHECKSUM=", id="G04-second-in-capitals"),
        pytest.param("{Q}&checksum=%C3%A4", id="G05-umlaut"),
        pytest.param("{Q}&checksum=" + "%D9%A3" * 40, id="G05-arabic-digits"),
        pytest.param("{Q}&checksum=" + "g" * 40, id="G05-no-hexadecimal"),
        pytest.param("{Q}&checksum=" + "a" * 39, id="G05-39"),
        pytest.param("{Q}&checksum=" + "a" * 41, id="G05-41"),
        pytest.param("{Q}&checksum=" + "a" * 4000, id="G05-4000"),
        pytest.param("{Q}&checksum={V}%0A", id="G05-line-feed-behind"),
        pytest.param("{Q}&checksum=%20{V}", id="G05-space-before"),
        pytest.param("{Q}&checksum=+{V}", id="G05-plus-before"),
        pytest.param("{Q}&checksum=0x{V}", id="G05-0x-before"),
        pytest.param("{Q};checksum={V}", id="G01-semicolon-before"),
        pytest.param("{Q}&checksum={V};record=true", id="G01-semicolon-behind"),
        pytest.param("{Q}&checksum={V}&record=true", id="G01-more-behind"),
        pytest.param("record=true&{Q}&checksum={V}", id="G01-more-before"),
        pytest.param("{Q}&&checksum={V}&", id="G01-empty-pieces-added"),
        pytest.param("meetingID=x1&name=ab&checksum={V}", id="order-changed"),
        pytest.param("n%61me=ab&meetingID=x1&checksum={V}", id="spelling-changed"),
    ],
)
def test_anything_but_one_right_checksum_over_the_rest_is_refused(product: Product, a: Plugin, query: str) -> None:
    right = sign("create", ROOM, a.secret.encode())
    product.is_refused(lambda: a.send("create", query.replace("{Q}", ROOM).replace("{V}", right)), "checksumError")


@pytest.mark.parametrize("byte", ["\0", "\t", "\x7f", "\xe4", " "], ids=["nul", "tab", "delete", "latin-1", "space"])
@pytest.mark.parametrize("place", ["value", "behind"])
def test_a_byte_that_no_query_can_hold_is_refused_although_it_is_signed(
    product: Product, a: Plugin, byte: str, place: str
) -> None:
    query = ROOM + (byte if place == "value" else f"&{byte}")
    checksum = sign("create", query, a.secret.encode())
    product.is_refused(
        lambda: a.send("create", extra_environ={"QUERY_STRING": f"{query}&checksum={checksum}"}), "checksumError"
    )


def _wipe(endpoint: Endpoint) -> None:
    endpoint.secrets[0].sealed = None


def _expire_a_second(product: Product, plugin: Plugin) -> None:
    rotate(product, plugin, timedelta(hours=24), datetime.now(UTC))

    def end(endpoint: Endpoint) -> None:
        for secret in endpoint.secrets:
            if secret.valid_until is not None:
                secret.valid_until = datetime.now(UTC) - timedelta(seconds=1)

    change(product, plugin, end)


@pytest.mark.parametrize("secret", ["", " ", "None", "0", "\0"], ids=["empty", "space", "None", "0", "nul"])
@pytest.mark.parametrize("state", ["one secret", "no secret", "an expired second", "paused"])
def test_no_key_is_opened_by_what_stands_for_nothing(product: Product, a: Plugin, secret: str, state: str) -> None:
    if state == "no secret":
        change(product, a, _wipe)
    elif state == "an expired second":
        _expire_a_second(product, a)
    elif state == "paused":
        change(product, a, pause)
    for algorithm in ALGORITHMS:
        query = a.sign("create", ROOM, algorithm=algorithm, secret=secret)
        product.is_refused(partial(a.send, "create", query), "checksumError")


@pytest.mark.parametrize(
    ("signed_for", "sent_to"),
    [("getMeetings", "create"), ("Create", "create"), ("", "create"), ("create", "join"), ("createx1", "create")],
)
def test_a_signature_is_good_for_its_own_call_alone(product: Product, a: Plugin, signed_for: str, sent_to: str) -> None:
    checksum = sign(signed_for, ROOM, a.secret.encode())
    product.is_refused(lambda: a.send(sent_to, f"{ROOM}&checksum={checksum}"), "checksumError")


def test_call_and_query_cannot_be_divided_in_another_way(product: Product, a: Plugin) -> None:
    """The hash is over both without a mark between: ``getMeetings`` + ``X=1`` is ``getMeetingsX`` + ``=1``."""
    checksum = sign("getMeetings", "X=1", a.secret.encode())
    assert outcome(product.asked(lambda: a.send("getMeetingsX", f"=1&checksum={checksum}"))) == "unsupportedRequest"


def test_an_organisations_signature_opens_no_other_organisations_door(product: Product, a: Plugin, b: Plugin) -> None:
    product.is_refused(lambda: b.send("create", a.sign("create", ROOM)), "checksumError")


def _browser(plugin: Plugin, query: str) -> TestResponse:
    return plugin.send("join", query, headers={"Accept": ENTER})


def test_unknown_paused_and_revoked_keys_answer_like_a_wrong_checksum(product: Product, a: Plugin, b: Plugin) -> None:
    stranger = Plugin(product.app, UNKNOWN_KEY, a.secret)
    change(product, b, pause)
    calls = [name for name in catalog.load().calls if name] + ["nosuchcall", "create.xml", "create/x"]
    query = f"{ROOM}&fullName=Ada"
    for call in calls:
        wrong = f"{query}&checksum={'0' * 64}"
        expected = without_id(product.asked(partial(a.send, call, wrong)))
        assert b"checksumError" in expected[2]
        for plugin in (stranger, b):
            signed = plugin.sign(call, query)
            assert without_id(product.asked(partial(plugin.send, call, signed))) == expected
            assert without_id(product.asked(partial(plugin.send, call, wrong))) == expected
    with session_scope(product.registry["avv.session_factory"]) as session:
        revoke(session, session.merge(endpoint_of(product, b)), datetime.now(UTC))
    product.registry["avv.snapshot"].refresh()
    refused = without_id(product.asked(lambda: a.send("create", ROOM)))
    assert without_id(product.asked(lambda: b.send("create", b.sign("create", ROOM)))) == refused


def test_the_same_number_of_hashes_is_tried_for_every_key(product: Product, a: Plugin, b: Plugin) -> None:
    change(product, b, pause)
    snapshot = product.registry["avv.snapshot"]
    now = datetime.now(UTC).timestamp()
    views = [snapshot.find(a.key), snapshot.find(b.key), UNKNOWN]
    assert {tuple(map(len, view.secrets(now))) for view in views} == {(48, 48)}


@pytest.mark.parametrize(
    ("after", "passes"),
    [(timedelta(hours=23, minutes=59, seconds=59), True), (timedelta(hours=24, seconds=1), False)],
    ids=["within-the-overlap", "after-the-overlap"],
)
def test_an_old_secret_passes_until_its_overlap_ends(
    product: Product, a: Plugin, after: timedelta, passes: bool
) -> None:
    now = datetime.now(UTC)
    new = rotate(product, a, timedelta(hours=24), now)
    set_clock(product, now + after)
    assert outcome(a.send("create", a.sign("create", ROOM, secret=new))) == "SUCCESS"
    assert outcome(a.raw("create", ROOM)) == ("SUCCESS" if passes else "checksumError")


def test_a_replaced_secret_without_overlap_ends_at_once(product: Product, a: Plugin) -> None:
    new = rotate(product, a, timedelta(0), datetime.now(UTC))
    product.is_refused(lambda: a.raw("create", ROOM), "checksumError")
    assert outcome(a.send("create", a.sign("create", ROOM, secret=new))) == "SUCCESS"


def test_a_secret_that_is_too_short_opens_nothing(product: Product, a: Plugin) -> None:
    ring: KeyRing = product.registry["avv.key_ring"]

    def shorten(endpoint: Endpoint) -> None:
        secret: EndpointSecret = endpoint.secrets[0]
        secret.sealed = ring.seal(b"short", secret.place)

    change(product, a, shorten)
    product.is_refused(lambda: a.send("create", a.sign("create", ROOM, secret="short")), "checksumError")


def test_a_pause_during_a_call_holds_from_the_next_call_on(
    ini: dict[str, str], make_product: Callable[[], Product]
) -> None:
    ini["avv.upstream.total_seconds"] = "30"
    product = make_product()
    product.a.create("room")
    product.simulator.faults.set("getMeetingInfo", "slow", seconds=30)
    answers: list[TestResponse] = []
    waiting = threading.Thread(target=lambda: answers.append(product.a.call("getMeetingInfo", {"meetingID": "room"})))
    waiting.start()
    while not product.simulator.counts["getMeetingInfo"]:
        waiting.join(0.01)
    change(product, product.a, pause)
    product.simulator.faults.clear()
    waiting.join()
    assert outcome(answers[0]) == "SUCCESS"
    product.is_refused(lambda: product.a.call("getMeetingInfo", {"meetingID": "room"}), "checksumError")


def test_wrong_checksums_never_keep_a_right_call_out(product: Product, a: Plugin) -> None:
    for number in range(300):
        a.send("create", f"{ROOM}&checksum={number:064x}", extra_environ={"REMOTE_ADDR": "192.0.2.7"})
    assert product.sent == []
    response = product.asked(lambda: a.raw("create", ROOM, extra_environ={"REMOTE_ADDR": "192.0.2.7"}), upstream=1)
    assert outcome(response) == "SUCCESS"


def test_failed_checksums_are_counted_by_network_and_their_parameters_never_named(product: Product, a: Plugin) -> None:
    for number in range(100):
        query = "&".join(f"random{number * 10 + more}=1" for more in range(10))
        a.send("create", f"{query}&checksum={'0' * 40}", extra_environ={"REMOTE_ADDR": "192.0.2.7"})
    rows = product.ledger()
    assert {(name, reason) for _, name, reason in rows} == {("192.0.2.0/24", "checksum")}
    assert sum(rows.values()) == 100
    assert len(rows) == 2


def test_guessed_keys_make_no_rows_of_their_own(product: Product) -> None:
    for number in range(30):
        plugin = Plugin(product.app, f"z{number:015}", "x" * 48)
        plugin.raw("create", ROOM, extra_environ={"REMOTE_ADDR": "2001:db8:1:2::7"})
    assert product.ledger() == {("create", "2001:db8:1::/48", "checksum"): 30}
