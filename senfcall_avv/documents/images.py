"""What is asked of an image, and the image made anew. Runs in the child process.

Only the picture is taken over: comments, EXIF with its place and time, colour profiles, embedded thumbnails, further
frames and whatever hangs behind the end stay behind. A transparent picture is laid on white paper's colour only in the
preview; the stored one keeps its transparency.
"""

from __future__ import annotations

import io
import warnings
from typing import Any, Final

from PIL import Image, ImageOps, JpegImagePlugin

from senfcall_avv.documents.findings import Bounds, Finding, MediaType, Reason

FORMATS: Final = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG"}
LEGIBLE_SIDE: Final = 1169
"""Pixels of the long side of A4 at 100 dots per inch: with fewer, small print is rarely readable."""
PREVIEW_SIDE: Final = 320
QUALITY: Final = 90
SIXTEEN_BITS: Final = frozenset(("I", "I;16", "I;16B", "I;16L", "I;16N"))


def inspect_image(media_type: MediaType, data: bytes, bounds: Bounds) -> Finding:
    """Judge an image and make it anew. Raises what Pillow raises for one that is damaged."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=(FORMATS[media_type],))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            return Finding(Reason.PIXELS, pages=1)
    width, height = image.size
    if width * height > bounds.pixels or max(width, height) > bounds.side:
        return Finding(Reason.PIXELS, pages=1)
    options = _options(media_type, image)
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    clean = _plain(image, media_type)
    # Pillow would write these again, whatever else was asked for.
    clean.info.clear()
    note = Reason.SMALL if max(width, height) < LEGIBLE_SIDE else None
    return Finding(pages=1, note=note, body=_written(clean, media_type, options), preview=_preview(clean))


def _options(media_type: MediaType, image: Image.Image) -> dict[str, Any]:
    """Give the encoder's options: a JPEG keeps its own tables, so that it loses next to nothing and stays as small."""
    if media_type is MediaType.PNG:
        return {}
    tables: dict[int, list[int]] = getattr(image, "quantization", {})
    sampling = JpegImagePlugin.get_sampling(image) if isinstance(image, JpegImagePlugin.JpegImageFile) else -1
    if (
        image.mode not in {"L", "RGB"}
        or not tables
        or not all(0 < step < 256 for row in tables.values() for step in row)
    ):
        return {"quality": QUALITY}
    return {"qtables": tables, "subsampling": sampling} if sampling >= 0 else {"qtables": tables}


def _plain(image: Image.Image, media_type: MediaType) -> Image.Image:
    """Bring an image to a mode that says by itself how it looks."""
    if media_type is MediaType.JPEG:
        return image if image.mode in {"L", "RGB"} else image.convert("RGB")
    if image.mode in SIXTEEN_BITS:
        return image.point(lambda value: value / 256).convert("L")
    if "transparency" in image.info:
        return image.convert("RGBA")
    return image


def _written(image: Image.Image, media_type: MediaType, options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    image.save(out, FORMATS[media_type], **options)
    return out.getvalue()


def _preview(image: Image.Image) -> bytes:
    """Make a small JPEG of an image, which is used up by it."""
    small = image.convert("L") if image.mode == "1" else image.convert("RGB") if image.mode == "P" else image
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), reducing_gap=2.0)
    if small.mode in {"LA", "RGBA"}:
        small = small.convert("RGBA")
        paper = Image.new("RGBA", small.size, "white")
        small = Image.alpha_composite(paper, small)
    return _written(small.convert("RGB"), MediaType.JPEG, {"quality": 80})
