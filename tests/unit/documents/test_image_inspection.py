"""Images: what is refused before it is unpacked, and what is left of one that is taken."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops, PngImagePlugin

from senfcall_avv.documents.findings import Bounds, Finding, MediaType, Reason
from senfcall_avv.documents.images import LEGIBLE_SIDE, PREVIEW_SIDE
from senfcall_avv.documents.inspection import inspect
from tests.factories.documents import flat_png, is_clean_of, make_image, png_that_claims, telling_jpeg

BOUNDS = Bounds(pages=50, pixels=40_000_000, side=10_000)
SMALLER = Bounds(pages=50, pixels=1_000_000, side=2_000)
MARKER = b"planted-words-4711"


def judged(data: bytes, media_type: MediaType = MediaType.PNG, bounds: Bounds = BOUNDS) -> Finding:
    return inspect(media_type, data, bounds)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    "size", [(20_000, 20_000), (12_000, 12_000), (1, 60_000), (60_000, 1), (10_001, 10), (6_325, 6_325), (2**31 - 1, 1)]
)
def test_an_image_that_claims_too_many_pixels_is_never_unpacked(size: tuple[int, int]) -> None:
    assert judged(png_that_claims(*size)) == Finding(Reason.PIXELS, pages=1)


def test_as_many_pixels_as_allowed_are_taken_and_one_row_more_is_not() -> None:
    assert judged(flat_png((1000, 1000)), bounds=SMALLER).reason is None
    assert judged(flat_png((1000, 1001)), bounds=SMALLER).reason is Reason.PIXELS
    assert judged(flat_png((2000, 1)), bounds=SMALLER).reason is None
    assert judged(flat_png((2001, 1)), bounds=SMALLER).reason is Reason.PIXELS


def test_nothing_but_the_picture_is_left_of_a_telling_photo() -> None:
    photo = telling_jpeg(MARKER)
    assert len(photo) > 2_000_000
    assert not is_clean_of(photo, MARKER)
    finding = judged(photo, MediaType.JPEG)
    assert finding.reason is None
    for made in (finding.body, finding.preview):
        assert is_clean_of(made, MARKER)
        assert b"script" not in made
        assert b"Exif" not in made
        assert set(opened(made).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert opened(finding.body).size == (1200, 1600), "turned as the camera was held"


def test_nothing_but_the_picture_is_left_of_a_telling_png() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", MARKER.decode())
    notes.add_itxt("XML:com.adobe.xmp", MARKER.decode(), zip=True)
    exif = Image.Exif()
    exif[0x010E] = MARKER.decode()
    png = make_image(pnginfo=notes, exif=exif, icc_profile=MARKER, dpi=(300, 300)) + b"PK\x03\x04" + MARKER
    finding = judged(png)
    assert finding.reason is None
    assert is_clean_of(finding.body, MARKER)
    assert finding.body.endswith(b"IEND\xaeB`\x82")
    assert opened(finding.body).info == {}
    assert ImageChops.difference(opened(png), opened(finding.body)).getbbox() is None


def test_a_photo_loses_next_to_nothing_and_does_not_grow() -> None:
    photo = make_image("JPEG", (1600, 1200), quality=60)
    finding = judged(photo, MediaType.JPEG)
    assert len(finding.body) <= len(photo) * 1.05
    difference = ImageChops.difference(opened(photo), opened(finding.body))
    assert not any(difference.convert("L").histogram()[5:])


def test_of_several_frames_the_first_is_kept() -> None:
    frames = [Image.new("RGB", (1200, 1200), (shade, 0, 0)) for shade in (200, 90, 10)]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    kept = opened(judged(out.getvalue()).body)
    assert getattr(kept, "n_frames", 1) == 1
    assert kept.getpixel((0, 0)) == (200, 0, 0)


def test_of_a_phones_photo_with_a_second_picture_the_first_is_kept() -> None:
    frames = [Image.new("RGB", (1200, 1200), (shade, 0, 0)) for shade in (200, 10)]
    out = io.BytesIO()
    frames[0].save(out, "MPO", save_all=True, append_images=frames[1:])
    assert opened(out.getvalue()).format == "MPO"
    finding = judged(out.getvalue(), MediaType.JPEG)
    kept = opened(finding.body)
    assert kept.format == "JPEG"
    pixel = kept.getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 190


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_taken_and_looks_the_same(mode: str) -> None:
    deep = mode == "I;16"
    image = Image.new(mode, (1200, 1200), 0x8000) if deep else opened(make_image(mode="L")).convert(mode)
    out = io.BytesIO()
    image.save(out, "PNG")
    finding = judged(out.getvalue())
    assert finding.reason is None
    expected = Image.new("L", image.size, 0x80) if deep else image
    assert ImageChops.difference(opened(finding.body).convert("RGBA"), expected.convert("RGBA")).getbbox() is None
    small = opened(finding.preview)
    assert (small.format, small.mode, small.size) == ("JPEG", "RGB", (PREVIEW_SIDE, PREVIEW_SIDE))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg_is_taken(mode: str) -> None:
    finding = judged(make_image("JPEG", mode=mode), MediaType.JPEG)
    assert finding.reason is None
    assert opened(finding.body).mode == ("L" if mode == "L" else "RGB")


def test_black_on_transparent_stays_readable() -> None:
    image = Image.new("P", (1200, 1200), 0)
    image.putpalette([0, 0, 0, 0, 0, 0])
    image.paste(1, (0, 0, 600, 1200))
    out = io.BytesIO()
    image.save(out, "PNG", transparency=0)
    finding = judged(out.getvalue())
    kept = opened(finding.body)
    assert kept.getpixel((900, 5)) == (0, 0, 0, 0)
    assert kept.getpixel((5, 5)) == (0, 0, 0, 255)
    small = opened(finding.preview).convert("L")
    left, right = (small.crop((x, 100, x + 1, 101)).tobytes()[0] for x in (40, 280))
    assert left < 30
    assert right > 225


def test_a_picture_with_few_pixels_is_taken_with_a_note() -> None:
    assert judged(flat_png((LEGIBLE_SIDE - 1, 900))).note is Reason.SMALL
    assert judged(flat_png((LEGIBLE_SIDE, 900))).note is None


PNG, JPEG = make_image("PNG", (300, 300)), make_image("JPEG", (300, 300))
DAMAGED = {
    "half a PNG": (PNG[: len(PNG) // 2], MediaType.PNG),
    "half a JPEG": (JPEG[: len(JPEG) // 2], MediaType.JPEG),
    "PNG signature alone": (PNG[:8], MediaType.PNG),
    "JPEG signature alone": (JPEG[:3], MediaType.JPEG),
    "PNG with a wrong sum": (PNG[:29] + b"\0\0\0\0" + PNG[33:], MediaType.PNG),
    "PNG without pixels": (png_that_claims(0, 0), MediaType.PNG),
    "PNG that claims more than it has": (png_that_claims(500, 500), MediaType.PNG),
    "JPEG behind a PNG signature": (PNG[:8] + JPEG, MediaType.PNG),
    "text that unpacks to 100 MiB": (
        PNG[:33] + b"\0\1\x95\xf5" + b"iTXtx\0\1\0\0\0" + bytes(103_910) + PNG[33:],
        MediaType.PNG,
    ),
    "GIF behind a JPEG signature": (b"\xff\xd8\xff" + make_image("GIF", (30, 30)), MediaType.JPEG),
    "PNG inspected as JPEG": (PNG, MediaType.JPEG),
    "TIFF inspected as PNG": (make_image("TIFF", (30, 30)), MediaType.PNG),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_is_no_whole_image_of_its_kind_is_damaged(case: str) -> None:
    data, media_type = DAMAGED[case]
    assert judged(data, media_type).reason is Reason.DAMAGED
