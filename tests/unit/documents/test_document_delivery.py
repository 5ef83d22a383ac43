"""The answers that carry documents, as a browser gets them."""

from __future__ import annotations

import pytest
from pyramid.request import Request
from pyramid.response import Response

from senfcall_avv.documents.delivery import download, inline_image
from senfcall_avv.documents.findings import MediaType, Reason
from senfcall_avv.documents.models import Document, DocumentState

BODY = b"%PDF-1.7 as it was stored"


def document(media_type: MediaType | None = MediaType.PDF, name: str = "Bescheid für uns.pdf") -> Document:
    return Document(id="d", number=3, media_type=media_type, original_name=name, state=DocumentState.ACCEPTED)


def sent(response: Response, **headers: str) -> Response:
    """Send an answer through WSGI, to a request with these headers."""
    request = Request.blank("/documents/3", headers={name.replace("_", "-"): value for name, value in headers.items()})
    return request.get_response(response)


@pytest.mark.parametrize(
    ("media_type", "own_name"),
    [(MediaType.PDF, "document-3.pdf"), (MediaType.JPEG, "document-3.jpg"), (MediaType.PNG, "document-3.png")],
)
def test_a_document_is_saved_under_our_name_with_our_type(media_type: MediaType, own_name: str) -> None:
    answer = sent(download(document(media_type), BODY))
    assert answer.status_int == 200
    assert answer.body == BODY
    assert dict(answer.headers) == {
        "Content-Type": media_type.value,
        "Content-Length": str(len(BODY)),
        "Content-Disposition": (f"attachment; filename=\"{own_name}\"; filename*=UTF-8''Bescheid%20f%C3%BCr%20uns.pdf"),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Accept-Ranges": "none",
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-4"},
        {"Range": "bytes=-5", "If_Range": '"x"'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": "Mon, 02 Nov 2099 12:00:00 GMT"},
    ],
)
def test_an_answer_is_always_whole(headers: dict[str, str]) -> None:
    answer = sent(download(document(), BODY), **headers)
    assert (answer.status_int, answer.body) == (200, BODY)
    assert not {"ETag", "Last-Modified", "Content-Range"} & set(answer.headers)


def test_a_head_request_gets_the_same_headers() -> None:
    answer = Request.blank("/documents/3", method="HEAD").get_response(download(document(), BODY))
    assert answer.headers["Content-Length"] == str(len(BODY))
    assert answer.body == b""


def test_no_name_of_a_file_adds_a_header() -> None:
    answer = sent(download(document(name='x\r\nSet-Cookie: a=b";.pdf'), BODY))
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Disposition"].count("\n") == 0


def test_only_pictures_that_we_made_are_shown() -> None:
    answer = sent(inline_image(document(MediaType.PNG), b"png", MediaType.JPEG))
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"] == 'inline; filename="document-3-view.jpg"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    with pytest.raises(ValueError, match="only images"):
        inline_image(document(), BODY, MediaType.PDF)


@pytest.mark.parametrize("state", [DocumentState.REJECTED, DocumentState.ACCEPTED])
def test_a_rejected_document_is_not_delivered(state: DocumentState) -> None:
    rejected = Document(
        id="d",
        number=3,
        state=state,
        reason=Reason.TYPE,
        media_type=None if state is DocumentState.ACCEPTED else MediaType.PDF,
        original_name="a.pdf",
    )
    with pytest.raises(ValueError, match="rejected"):
        download(rejected, BODY)
