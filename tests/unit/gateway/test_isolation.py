"""Names out and back: nothing foreign is shown, everything own comes back exactly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from senfcall_avv.bbb import xml
from senfcall_avv.gateway import isolation

OURS, THEIRS = "k7q2x9w4m1p8z5t3", "m7q2x9w4m1p8z5t4"


def meeting(name: str, mark: str | None, more: str = "") -> str:
    metadata = f"<avv-organization>{mark}</avv-organization>\n<avv-kind>contract</avv-kind>\n" if mark else ""
    return (
        f"<meeting>\n<meetingName>{xml.escape(name)}</meetingName>\n<meetingID>{xml.escape(name)}</meetingID>\n{more}"
        f"<metadata>\n{metadata}<bbb-origin>x</bbb-origin>\n</metadata>\n</meeting>\n"
    )


def listed(*meetings: str) -> bytes:
    rows = "".join(meetings)
    return f"<response>\n<returncode>SUCCESS</returncode>\n<meetings>\n{rows}</meetings>\n</response>".encode()


def test_only_meetings_that_agree_in_name_and_mark_are_kept() -> None:
    root = xml.read(
        listed(
            meeting(f"{OURS}-one", OURS),
            meeting(f"{THEIRS}-two", THEIRS),
            meeting("made-past-the-gateway", None),
            meeting(f"{OURS}-three", THEIRS),
            meeting(f"{THEIRS}-four", OURS),
            meeting(f"{OURS}-five", None),
            meeting(f"x{OURS}-six", None),
        )
    )
    assert isolation.only_own(root, OURS) == 3
    assert [xml.text(element, "meetingID") for element in root.findall("meetings/meeting")] == ["one"]


def test_our_marks_are_taken_out_and_the_layout_stays() -> None:
    root = xml.read(listed(meeting(f"{OURS}-one", OURS), meeting(f"{THEIRS}-two", THEIRS)))
    isolation.only_own(root, OURS)
    assert xml.write(root).decode() == (
        "<response>\n<returncode>SUCCESS</returncode>\n<meetings>\n"
        f"<meeting>\n<meetingName>{OURS}-one</meetingName>\n<meetingID>one</meetingID>\n"
        "<metadata>\n<bbb-origin>x</bbb-origin>\n</metadata>\n</meeting>\n</meetings>\n</response>"
    )


def test_only_the_element_of_the_id_is_rewritten() -> None:
    """A meeting that is named like a scoped ID, or carries one in its metadata, keeps both."""
    inside = f"<customdata>\n<meetingID>{THEIRS}-x</meetingID>\n</customdata>\n"
    root = xml.read(listed(meeting(f"{OURS}-one", OURS, inside)))
    isolation.only_own(root, OURS)
    found = root.find("meetings/meeting")
    assert found is not None
    assert xml.text(found, "meetingName") == f"{OURS}-one"
    assert xml.text(found, "customdata/meetingID") == f"{THEIRS}-x"


def test_a_meeting_with_two_ids_is_shown_to_nobody() -> None:
    double = meeting(f"{OURS}-one", OURS, f"<meetingID>{THEIRS}-x</meetingID>\n")
    for key in (OURS, THEIRS):
        root = xml.read(listed(double))
        isolation.only_own(root, key)
        assert not isolation.has_meetings(root)


@pytest.mark.parametrize("name", [f"{THEIRS}-one", "one", f"{OURS}-", f"{OURS}-one ", f"{OURS}one", ""])
def test_an_answer_about_another_meeting_is_foreign(name: str) -> None:
    root = xml.read(f"<response><meetingID>{xml.escape(name)}</meetingID></response>".encode())
    with pytest.raises(isolation.ForeignMeeting):
        isolation.restore_id(root, OURS, "one")


def test_a_meeting_under_our_name_with_anothers_mark_is_a_disagreement() -> None:
    for mark in (THEIRS, "", None):
        root = xml.read(meeting(f"{OURS}-one", mark).replace("meeting>", "response>").encode())
        with pytest.raises(isolation.Disagreement):
            isolation.restore_meeting(root, OURS, "one")


@settings(derandomize=True, max_examples=300)
@given(st.text(min_size=1), st.text(min_size=1))
def test_two_names_meet_upstream_only_if_they_are_the_same(one: str, other: str) -> None:
    assert (isolation.scoped(OURS, one) == isolation.scoped(OURS, other)) is (one == other)
    assert isolation.scoped(OURS, one) != isolation.scoped(THEIRS, other)
    assert not isolation.scoped(OURS, one).startswith(f"{THEIRS}-")


@settings(derandomize=True, max_examples=300)
@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), min_size=1))
def test_a_name_comes_back_exactly(meeting_id: str) -> None:
    root = xml.read(
        f"<response><meetingID>{xml.escape(isolation.scoped(OURS, meeting_id))}</meetingID></response>".encode()
    )
    isolation.restore_id(root, OURS, meeting_id)
    assert xml.text(xml.read(xml.write(root)), "meetingID") == meeting_id


def test_no_scoped_name_can_begin_an_internal_id() -> None:
    assert not set(OURS[0]) & set("0123456789abcdef-")
