"""The program of the child process: read one file from standard input, write one finding to standard output.

    python -I -m senfcall_avv.documents.inspection MEDIA-TYPE BOUNDS

Before a byte of the file is read, the process gives up what it won't need: processor time and memory beyond its limits,
writing of files, further processes, and, as the last thing, new descriptors. From then on the kernel refuses every
open file and every socket, to the parsers' C code as well.
"""

from __future__ import annotations

import resource
import sys
from typing import Final

from senfcall_avv.documents.findings import DAMAGED, Bounds, Finding, MediaType, bounds_from_text, pack

CPU_SECONDS: Final = 5
ADDRESS_BYTES: Final = 512 * 1024 * 1024
STANDARD_STREAMS: Final = 3


def _lower(kind: int, value: int) -> None:
    """Lower a limit for good; one that is lower already stays."""
    _, hard = resource.getrlimit(kind)
    least = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (least, least))


def limit_resources() -> None:
    """Lower the limits of this process: time, memory, no files written, no children, no image of a crash."""
    _lower(resource.RLIMIT_CPU, CPU_SECONDS)
    _lower(resource.RLIMIT_AS, ADDRESS_BYTES)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_CORE, 0)


def close_doors() -> None:
    """Allow no further descriptors: neither files nor sockets can be opened any more."""
    _lower(resource.RLIMIT_NOFILE, STANDARD_STREAMS)


def inspect(media_type: MediaType, data: bytes, bounds: Bounds) -> Finding:
    """Judge a file by the parser of its kind; what the parser fails at is damaged, whatever it raises."""
    try:
        if media_type is MediaType.PDF:
            from senfcall_avv.documents.pdfs import inspect_pdf

            return inspect_pdf(data, bounds)
        from senfcall_avv.documents.images import inspect_image

        return inspect_image(media_type, data, bounds)
    except Exception:  # noqa: BLE001  # parsers raise what they like, MemoryError and SyntaxError among it
        return DAMAGED


def _load_parsers(media_type: MediaType) -> None:
    """Import now what the parsers would open files for later."""
    if media_type is MediaType.PDF:
        import senfcall_avv.documents.pdfs
    else:
        import PIL.JpegImagePlugin
        import PIL.MpoImagePlugin
        import PIL.PngImagePlugin
        import PIL.TiffImagePlugin

        import senfcall_avv.documents.images  # noqa: F401  # loaded, not used

        PIL.Image.preinit()


def main(arguments: list[str]) -> None:
    """Run the program."""
    limit_resources()
    media_type, bounds = MediaType(arguments[0]), bounds_from_text(arguments[1])
    _load_parsers(media_type)
    close_doors()
    data = sys.stdin.buffer.read()
    sys.stdout.buffer.write(pack(inspect(media_type, data, bounds)))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
