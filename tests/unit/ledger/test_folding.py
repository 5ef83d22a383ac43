from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from senfcall_avv.ledger import folding
from senfcall_avv.ledger.folding import MAX_CHECKSUMS, MAX_NAMES, MAX_NETWORKS, Book, RowKey, network_of
from senfcall_avv.ledger.notes import Noted
from senfcall_avv.policy.engine import Decision, Reason
from tests.factories.ledger import CALLS, KEY, ORGANIZATION, forwarded, ignoring, wrong_checksum

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def book() -> Book:
    made = Book(CALLS)
    made.at(NOON)
    return made


def decided(decision: Decision, call: str = "create", neutral: tuple[str, ...] = ()) -> Noted:
    return Noted.decided(KEY, ORGANIZATION, call, decision, neutral)


def counts(book: Book) -> dict[tuple[str, str, str], int]:
    """Give what was counted by call, name and reason; empties the book."""
    found: dict[tuple[str, str, str], int] = {}
    for row, tally in book.take().items():
        thing = (row.call, row.name, row.reason)
        found[thing] = found.get(thing, 0) + tally.count
    return found


class TestWhatIsCounted:
    def test_a_forwarded_call_counts_itself_and_its_parameters(self, book: Book) -> None:
        book.add(decided(forwarded("meetingID", "name")))
        assert counts(book) == {
            ("create", "", "forwarded"): 1,
            ("create", "meetingID", "forwarded"): 1,
            ("create", "name", "forwarded"): 1,
        }

    def test_a_call_that_lost_something_is_passed_on_in_part(self, book: Book) -> None:
        decision = forwarded(
            "meetingID", "duration", ignored={"logo": Reason.NOT_LISTED}, changed={"duration": Reason.CLAMPED}
        )
        book.add(decided(decision))
        assert counts(book) == {
            ("create", "", "partly"): 1,
            ("create", "meetingID", "forwarded"): 1,
            ("create", "duration", "forwarded"): 1,
            ("create", "logo", "not_listed"): 1,
            ("create", "duration", "clamped"): 1,
        }

    def test_a_refusal_counts_the_call_and_why(self, book: Book) -> None:
        book.add(decided(Decision.refusing("validationError", Reason.TOO_LONG, "rev-1", "meetingID")))
        book.add(decided(Decision.refusing("unsupportedRequest", Reason.CALL_NOT_ALLOWED, "rev-1"), "end"))
        book.add(Noted.refused(KEY, ORGANIZATION, "join", "limit_joins"))
        assert counts(book) == {
            ("create", "", "refused"): 1,
            ("create", "meetingID", "too_long"): 1,
            ("end", "", "refused"): 1,
            ("end", "", "call_not_allowed"): 1,
            ("join", "", "refused"): 1,
            ("join", "", "limit_joins"): 1,
        }

    def test_an_answer_of_ours_counts_the_call(self, book: Book) -> None:
        book.add(decided(Decision.answering("no_recordings", "rev-1"), "getMeetings"))
        assert counts(book) == {("getMeetings", "", "answered_here"): 1}

    def test_ignored_values_that_made_no_difference_are_counted_beside(self, book: Book) -> None:
        decision = forwarded(ignored={"record": Reason.NOT_LISTED, "logo": Reason.NOT_LISTED})
        book.add(decided(decision, neutral=("record",)))
        book.add(decided(decision))
        rows = {row.name: (tally.count, tally.neutral) for row, tally in book.take().items()}
        assert rows == {"": (2, 0), "record": (2, 1), "logo": (2, 0)}

    def test_the_first_and_last_time_and_the_last_revision_are_kept(self, book: Book) -> None:
        for minute, revision in enumerate(("rev-1", "rev-2", "rev-3")):
            book.at(NOON + timedelta(minutes=minute))
            book.add(decided(Decision.answering("no_recordings", revision)))
        ((_, tally),) = book.take().items()
        assert (tally.count, tally.first_at, tally.last_at, tally.revision) == (
            3,
            NOON,
            NOON + timedelta(minutes=2),
            "rev-3",
        )

    def test_days_end_at_midnight_in_utc(self, book: Book) -> None:
        for moment in (datetime(2026, 11, 2, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)):
            book.at(moment)
            book.add(decided(forwarded()))
        assert {row.day for row in book.take()} == {date(2026, 11, 2), date(2026, 11, 3)}

    def test_no_value_is_kept(self, book: Book) -> None:
        noted = decided(forwarded("name", ignored={"logo": Reason.NOT_LISTED}))
        book.add(noted)
        assert "planted value" not in repr(noted)
        assert "planted value" not in repr(book.take())


class TestNames:
    @pytest.mark.parametrize(
        "name", ["", " ", "a b", "a\n", "ä", "a/b", "x" * 65, 'a"b', "<script>", "(custom)", "\x00"]
    )
    def test_a_name_that_cannot_be_one_is_counted_and_not_kept(self, book: Book, name: str) -> None:
        book.add(ignoring(name))
        assert counts(book) == {("create", "", "partly"): 1, ("create", "(invalid)", "unknown_name"): 1}

    @pytest.mark.parametrize("name", ["meetingID", "meta_bbb-origin", "userdata-x.y", "x" * 64, "(body)", "(invalid)"])
    def test_other_names_are_kept(self, book: Book, name: str) -> None:
        book.add(ignoring(name))
        assert ("create", name, "unknown_name") in counts(book)

    @pytest.mark.parametrize("call", ["createe", "x" * 9000, "a\nb", "../create", "CREATE"])
    def test_a_call_that_bbb_does_not_have_is_not_kept(self, book: Book, call: str) -> None:
        book.add(decided(Decision.refusing("unsupportedRequest", Reason.CALL_UNKNOWN, "rev-1"), call))
        book.add(wrong_checksum(call=call))
        assert {row.call for row in book.take()} == {"(unknown)"}

    def test_the_root_document_has_a_name(self, book: Book) -> None:
        book.add(decided(Decision.answering("version", "rev-1"), ""))
        assert counts(book) == {("(root)", "", "answered_here"): 1}

    def test_beyond_the_bound_names_are_counted_together_by_organisation_and_day(self, book: Book) -> None:
        for number in range(MAX_NAMES + 50):
            book.add(ignoring(f"name{number}"))
        book.add(ignoring("name0"))
        book.add(ignoring("other", organization="anotherxxxxxxxxxxxxxxx"))
        found = counts(book)
        assert found["create", "(more)", "unknown_name"] == 50
        assert found["create", "name0", "unknown_name"] == 2
        assert found["create", "other", "unknown_name"] == 1
        assert f"name{MAX_NAMES}" not in {name for _, name, _ in found}

    def test_the_next_day_has_its_own_names(self, book: Book) -> None:
        for number in range(MAX_NAMES + 1):
            book.add(ignoring(f"name{number}"))
        book.take()
        book.at(NOON + timedelta(days=1))
        book.add(ignoring("fresh"))
        assert ("create", "fresh", "unknown_name") in counts(book)

    def test_the_bound_holds_between_two_takings_of_one_day(self, book: Book) -> None:
        for number in range(MAX_NAMES):
            book.add(ignoring(f"name{number}"))
        book.take()
        book.add(ignoring("fresh"))
        assert ("create", "(more)", "unknown_name") in counts(book)


class TestChecksums:
    @pytest.mark.parametrize(
        ("client", "network"),
        [
            ("203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("fe80::1%eth0", "fe80::/48"),
            ("", "(invalid)"),
            ("unknown", "(invalid)"),
            ("203.0.113.77, 192.0.2.1", "(invalid)"),
        ],
    )
    def test_an_address_is_truncated(self, client: str, network: str) -> None:
        assert network_of(client) == network

    def test_a_wrong_checksum_is_counted_for_the_network_without_any_parameter(self, book: Book) -> None:
        for host in (1, 2, 3):
            book.add(wrong_checksum(f"203.0.113.{host}"))
        assert counts(book) == {("create", "203.0.113.0/24", "checksum"): 3}

    def test_people_who_follow_a_link_leave_no_network(self, book: Book) -> None:
        book.add(wrong_checksum("203.0.113.9", call="join"))
        assert counts(book) == {("join", "(browsers)", "checksum"): 1}

    def test_guessed_keys_are_counted_together(self, book: Book) -> None:
        for _ in range(1000):
            book.add(wrong_checksum(key=None))
        rows = book.take()
        assert {(row.key, row.organization_id) for row in rows} == {("(unknown)", "")}
        assert {row.call: tally.count for row, tally in rows.items()} == {"create": 60, "(more)": 940}

    def test_beyond_sixty_a_minute_only_a_counter_grows(self, book: Book) -> None:
        calls = sorted(CALLS - {"join"})
        for number in range(1000):
            book.add(wrong_checksum(call=calls[number % 3]))
        found = counts(book)
        assert found.pop(("(more)", "203.0.113.0/24", "checksum")) == 1000 - MAX_CHECKSUMS
        assert sum(found.values()) == MAX_CHECKSUMS
        book.at(NOON + timedelta(minutes=1))
        book.add(wrong_checksum())
        assert counts(book) == {("create", "203.0.113.0/24", "checksum"): 1}

    def test_one_noisy_network_does_not_hide_another(self, book: Book) -> None:
        for _ in range(500):
            book.add(wrong_checksum("203.0.113.9"))
        book.add(wrong_checksum("198.51.100.1"))
        assert counts(book)["create", "198.51.100.0/24", "checksum"] == 1

    def test_networks_are_bounded_by_key(self, book: Book) -> None:
        for number in range(MAX_NETWORKS + 30):
            book.add(wrong_checksum(f"10.0.{number}.1"))
        book.add(wrong_checksum("10.0.99.1", key="kbbbbbbbbbbbbbbb"))
        found = counts(book)
        assert found["create", "(more)", "checksum"] == 30
        assert found["create", "10.0.99.0/24", "checksum"] == 1


class TestBounds:
    def test_one_organisation_cannot_fill_the_book(self, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folding, "MAX_ORGANIZATION_ROWS", 100)
        for call in sorted(CALLS):
            for number in range(MAX_NAMES):
                book.add(ignoring(f"name{number}", call=call))
        assert len(book) < 100 + 2 * len(CALLS)
        assert sum(tally.count for row, tally in book.take().items() if row.name) == MAX_NAMES * len(CALLS)
        book.add(ignoring("name0"))
        assert ("create", "name0", "unknown_name") in counts(book)

    def test_beyond_all_bounds_the_loss_is_counted(self, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folding, "MAX_ROWS", 50)
        for number in range(100):
            book.add(wrong_checksum(key=f"k{number:015}"))
        assert (len(book), book.lost) == (50, 50)

    def test_what_is_put_back_is_added_to_what_came_since(self, book: Book) -> None:
        book.add(decided(forwarded("a")))
        taken = book.take()
        book.at(NOON + timedelta(seconds=5))
        book.add(decided(forwarded("a")))
        book.add(decided(forwarded("b")))
        book.put_back(taken)
        rows = book.take()
        day = NOON.date()
        tally = rows[RowKey(ORGANIZATION, day, KEY, "create", "a", "forwarded")]
        assert (tally.count, tally.first_at, tally.last_at) == (2, NOON, NOON + timedelta(seconds=5))
        assert rows[RowKey(ORGANIZATION, day, KEY, "create", "", "forwarded")].count == 3

    def test_what_is_put_back_keeps_to_the_bound(self, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folding, "MAX_ROWS", 10)
        for number in range(10):
            book.add(wrong_checksum(key=f"k{number:015}"))
        taken = book.take()
        for number in range(5, 15):
            book.add(wrong_checksum(key=f"k{number:015}"))
        book.put_back(taken)
        assert (len(book), book.lost) == (10, 5)
        assert sum(tally.count for tally in book.take().values()) == 15
