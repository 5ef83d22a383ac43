"""What a PDF may hold: each case is one file, judged as the child process judges it."""

from __future__ import annotations

from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

from senfcall_avv.documents.findings import Bounds, Finding, MediaType, Reason
from senfcall_avv.documents.inspection import inspect
from tests.factories.documents import (
    HTML,
    action,
    annotated,
    attach_file,
    encrypted_pdf,
    make_pdf,
    opening,
    raw_pdf,
    raw_with,
)

BOUNDS = Bounds(pages=50, pixels=40_000_000, side=10_000)
JAVASCRIPT = action("JavaScript", JS=String("app.alert(1)"))
Change = Callable[[pikepdf.Pdf], object]


def judged(data: bytes) -> Finding:
    return inspect(MediaType.PDF, data, BOUNDS)


def on_page(**entries: object) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        for name, value in entries.items():
            pdf.pages[0].obj[f"/{name}"] = value

    return change


def in_catalogue(**entries: object) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        for name, value in entries.items():
            pdf.Root[f"/{name}"] = value

    return change


def outside_stream(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.Contents = pdf.make_indirect(Stream(pdf, b"", F=String("/etc/hostname")))


def unreachable_script(pdf: pikepdf.Pdf) -> None:
    # Reachable, but only through a compressed object stream and a long way from the catalogue.
    far = pdf.make_indirect(Dictionary(X=Array([Array([JAVASCRIPT])])))
    pdf.pages[0].obj.PieceInfo = Dictionary(A=Dictionary(B=far))


ACTIVE: dict[str, Change] = {
    "script at opening": opening(JAVASCRIPT),
    "launch at opening": opening(action("Launch", F=String("cmd.exe"))),
    "link at opening": opening(action("URI", URI=String("https://example.org/"))),
    "destination, then script": opening(action("GoTo", D=Array([]), Next=JAVASCRIPT)),
    "destination, then link": opening(action("GoTo", D=Array([]), Next=action("URI", URI=String("https://x.example")))),
    "opening that is a number": opening(7),
    "page event": on_page(AA=Dictionary(O=action("Named", N=Name.NextPage))),
    "catalogue event": in_catalogue(AA=Dictionary(WC=JAVASCRIPT)),
    "named script": in_catalogue(Names=Dictionary(JavaScript=Dictionary(Names=Array([String("a"), JAVASCRIPT])))),
    "form of XML": in_catalogue(AcroForm=Dictionary(XFA=String("<xdp/>"), Fields=Array([]))),
    "portfolio": in_catalogue(Collection=Dictionary(View=Name.T)),
    "embedded file": attach_file,
    "attached note": annotated(Subtype=Name.FileAttachment),
    "rich media": annotated(Subtype=Name.RichMedia, RichMediaContent=Dictionary()),
    "film": annotated(Subtype=Name.Screen),
    "film of old": annotated(Subtype=Name.Movie),
    "sound": annotated(Subtype=Name.Sound),
    "space": annotated(Subtype=Name("/3D")),
    "link that launches": annotated(A=action("Launch", F=String("calc.exe"))),
    "link that submits": annotated(A=action("SubmitForm", F=String("https://x.example"))),
    "link that imports": annotated(A=action("ImportData", F=String("x.fdf"))),
    "link into another file": annotated(A=action("GoToR", F=String("//x.example/a.pdf"), D=Array([]))),
    "link into an embedded file": annotated(A=action("GoToE", D=Array([]))),
    "link that plays": annotated(A=action("Rendition")),
    "link that is a script": annotated(A=action("URI", URI=String("javascript:alert(1)"))),
    "link to a file": annotated(A=action("URI", URI=String(" FILE:///etc/passwd"))),
    "script after a link": annotated(A=action("URI", URI=String("https://x.example"), Next=Array([JAVASCRIPT]))),
    "page of another document": on_page(X=Dictionary(Ref=Dictionary(F=String("x.pdf"), Page=0))),
    "stream in another file": outside_stream,
    "script far inside": unreachable_script,
}


@pytest.mark.parametrize("case", ACTIVE)
def test_what_acts_is_refused(case: str) -> None:
    assert judged(make_pdf(ACTIVE[case])).reason is Reason.ACTIVE


@pytest.mark.parametrize("case", ["script at opening", "embedded file", "script far inside", "link that launches"])
def test_what_acts_is_found_in_compressed_objects_too(case: str) -> None:
    packed = make_pdf(ACTIVE[case], object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert not any(word in packed for word in (b"/JavaScript", b"/EmbeddedFile>", b"/Launch"))
    assert judged(packed).reason is Reason.ACTIVE


@pytest.mark.parametrize(
    "catalogue",
    [
        b"/OpenAction << /S /J#61vaScript /JS (x) >>",
        b"/OpenAction << /#53 /JavaScript >>",
        b"/#4fpenAction << /S /Launch >>",
        b"/Names << /Ja#76aScript << >> >>",
        b"/X [[[[<< /J#53 (x) >>]]]]",
        b"/OpenAction 4 0 R",
    ],
)
def test_no_spelling_hides_an_action(catalogue: bytes) -> None:
    assert judged(raw_with(catalogue, b"<< /S /JavaScript /JS (x) >>")).reason is Reason.ACTIVE


def filled_field(pdf: pikepdf.Pdf) -> None:
    annotated(Subtype=Name.Widget, FT=Name.Tx, T=String("Steuernummer"), V=String("27/123/45678"), F=4)(pdf)
    pdf.Root.AcroForm = Dictionary(Fields=Array(list(pdf.pages[0].obj.Annots)))


HARMLESS: dict[str, Change] = {
    "nothing": lambda _pdf: None,
    "destination at opening": lambda pdf: opening(Array([pdf.pages[0].obj, Name.Fit]))(pdf),
    "going to a page at opening": lambda pdf: opening(action("GoTo", D=Array([pdf.pages[0].obj, Name.Fit])))(pdf),
    "web link": annotated(A=action("URI", URI=String("https://www.example.org/a?b=c"))),
    "mail link": annotated(A=action("URI", URI=String("mailto:amt@example.org"))),
    "base of links": in_catalogue(URI=Dictionary(Base=String("https://example.org/"))),
    "link inside": annotated(A=action("GoTo", D=Array([]))),
    "filled field": filled_field,
    "structure": in_catalogue(StructTreeRoot=Dictionary(K=Dictionary(S=Name.P), RoleMap=Dictionary())),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_what_only_shows_is_taken(case: str) -> None:
    assert judged(make_pdf(HARMLESS[case], pages=3)) == Finding(pages=3)


@pytest.mark.parametrize(
    ("user", "owner"), [("geheim", "geheim"), ("", "nur-der-besitzer"), ("", "")], ids=["user", "owner", "empty"]
)
def test_whatever_is_encrypted_is_refused_even_where_it_opens(user: str, owner: str) -> None:
    assert judged(encrypted_pdf(user=user, owner=owner)).reason is Reason.ENCRYPTED


def test_a_cipher_that_nobody_knows_is_named_as_one() -> None:
    strange = raw_with(b"", b"<< /Filter /Of.Our.Own /V 9 >>").replace(b"/Root", b"/Encrypt 4 0 R /ID [(a)(a)] /Root")
    assert judged(strange).reason is Reason.ENCRYPTED


def test_as_many_pages_as_allowed_are_taken_and_one_more_is_counted() -> None:
    assert judged(make_pdf(pages=50)) == Finding(pages=50)
    assert judged(make_pdf(pages=51)) == Finding(Reason.PAGES, pages=51)


def test_a_page_told_fifty_one_times_counts_each_time() -> None:
    tree = b"<< /Type /Pages /Kids [%s] /Count 1 >>" % (b"3 0 R " * 51)
    repeated = raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>", tree, b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    )
    assert judged(repeated) == Finding(Reason.PAGES, pages=51)


WHOLE = make_pdf(pages=2)
DAMAGED = {
    "no pages": make_pdf(pages=0),
    "first half": WHOLE[: len(WHOLE) // 2],
    "without its end": WHOLE[:-24],
    "without its middle": WHOLE[:100] + WHOLE[140:],
    "signature alone": b"%PDF-1.7\n",
    "page behind the signature": b"%PDF-1.7\n" + HTML,
    "page tree that is its own child": raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"
    ),
    "page tree that goes round": raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>",
    ),
    "catalogue without pages": raw_pdf(b"<< /Type /Catalog >>"),
    "catalogue that is a list": raw_pdf(b"[ 1 2 3 ]"),
    "ten thousand lists in one another": raw_with(b"/X " + b"[" * 10_000 + b"]" * 10_000),
    "ten thousand dictionaries in one another": raw_with(b"/X " + b"<< /A " * 10_000 + b"1" + b" >>" * 10_000),
    "table beyond the end": WHOLE[: WHOLE.rindex(b"startxref")] + b"startxref\n99999999\n%%EOF\n",
    "table that is its own predecessor": raw_with().replace(b"/Size", b"/Prev 186 /Size"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_is_not_whole_is_damaged_and_not_repaired(case: str) -> None:
    assert judged(DAMAGED[case]).reason is Reason.DAMAGED
