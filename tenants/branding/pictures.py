"""Pictures that somebody sends: read part by part, and written again without what is no picture.

A browser guesses what a file is, so a file can be a picture and a script at once. Hence nothing is
kept but the parts that a picture is drawn from, and what has anything behind its end is refused.
There is no SVG, which is a document that may carry scripts.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

SIDE_MAXIMUM = 2000  # pixels


class PictureError(ValueError):
    """What was sent is no picture that we take; the message is for whoever sent it."""


@dataclass(frozen=True)
class Picture:
    suffix: str
    width: int
    height: int
    content: bytes


def read_picture(data: bytes) -> Picture:
    """Return a PNG, JPEG or WebP picture, written anew; raises PictureError."""
    for beginning, reader in READERS.items():
        if data.startswith(beginning):
            try:
                picture = reader(data)
            except (IndexError, struct.error):
                raise broken() from None
            return within_bounds(picture)
    if b"<svg" in data[:4096].lower():
        raise PictureError(_("SVG is not taken, as it may carry scripts: save the logo as PNG."))
    raise PictureError(_("This is no picture of a kind that is taken: use PNG, JPEG or WebP."))


def within_bounds(picture: Picture) -> Picture:
    if not (0 < picture.width <= SIDE_MAXIMUM and 0 < picture.height <= SIDE_MAXIMUM):
        text = _(
            "The picture has %(width)s by %(height)s pixels: at most %(most)s each way are taken."
        )
        facts = {"width": picture.width, "height": picture.height, "most": SIDE_MAXIMUM}
        raise PictureError(text % facts)
    return picture


def broken() -> PictureError:
    return PictureError(_("This picture is damaged: save it anew, or use another."))


def more_than_a_picture() -> PictureError:
    return PictureError(
        _("This file holds something else behind the picture: save the picture anew.")
    )


# PNG: chunks, each with a checksum -----------------------------------------------------------------
PNG = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = {
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"sBIT",
    b"pHYs",
}


def png(data: bytes) -> Picture:
    chunks = list(png_chunks(data))
    names = [name for name, _body, _whole in chunks]
    if names[0] != b"IHDR" or names[-1] != b"IEND" or b"IDAT" not in names:
        raise broken()
    width, height = struct.unpack(">II", chunks[0][1][:8])
    kept = b"".join(whole for name, _body, whole in chunks if name in PNG_KEPT)
    return Picture("png", width, height, PNG + kept)


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield name, content and whole of each chunk, to the one that ends the picture and the file."""
    place, name = len(PNG), b""
    while name != b"IEND":
        (length,) = struct.unpack_from(">I", data, place)
        name, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, place + 8 + length)
        if zlib.crc32(name + body) != checksum or (name[:1].isupper() and name not in PNG_KEPT):
            raise broken()
        yield name, body, data[place : place + 12 + length]
        place += 12 + length
    if place != len(data):
        raise more_than_a_picture()


# JPEG: segments, and between two of them what is packed ---------------------------------------------
JPEG = b"\xff\xd8\xff"
FRAMES = {0xC0, 0xC1, 0xC2}
START, END, JFIF, ADOBE = 0xDA, 0xD9, 0xE0, 0xEE
JPEG_KEPT = {*FRAMES, 0xC4, 0xDB, 0xDD, START}
JFIF_LENGTH, ADOBE_LENGTH = 16, 14  # without a picture in the picture


def jpeg(data: bytes) -> Picture:
    sizes, kept, place = [], [data[:2]], 2
    while data[place : place + 2] != bytes([0xFF, END]):
        if data[place] != 0xFF:
            raise broken()
        kind = data[place + 1]
        (length,) = struct.unpack_from(">H", data, place + 2)
        end = place + 2 + length
        if kind in FRAMES:
            sizes.append(struct.unpack_from(">HH", data, place + 5))
        if kind == START:
            end = end_of_packed(data, end)
        if is_drawn_from(kind, data[place + 4 : end], length):
            kept.append(data[place:end])
        place = end
    if place + 2 != len(data):
        raise more_than_a_picture()
    if len(sizes) != 1:
        raise broken()
    ((height, width),) = sizes
    return Picture("jpg", width, height, b"".join(kept) + data[place:])


def is_drawn_from(kind: int, body: bytes, length: int) -> bool:
    """Whether a segment is needed; raises PictureError for kinds that browsers do not show."""
    if kind == JFIF:
        return body.startswith(b"JFIF\0") and length == JFIF_LENGTH
    if kind == ADOBE:
        return body.startswith(b"Adobe") and length == ADOBE_LENGTH
    if 0xE0 <= kind <= 0xEF or kind == 0xFE:
        return False
    if kind not in JPEG_KEPT:
        raise broken()
    return True


def end_of_packed(data: bytes, place: int) -> int:
    """Return where the next segment begins: 0xFF is followed by 0 or the number of a restart else."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0:
            raise broken()
        if data[place + 1] != 0 and not 0xD0 <= data[place + 1] <= 0xD7:
            return place
        place += 2


# WebP: chunks in a RIFF -----------------------------------------------------------------------------
WEBP_KEPT = {b"VP8X", b"ALPH", b"VP8 ", b"VP8L"}
WEBP_DROPPED = {b"ICCP", b"EXIF", b"XMP "}
ALPHA = 0x10


def webp(data: bytes) -> Picture:
    (length,) = struct.unpack_from("<I", data, 4)
    if data[8:12] != b"WEBP" or length + 8 > len(data):
        raise broken()
    if length + 8 < len(data):
        raise more_than_a_picture()
    chunks = list(webp_chunks(data))
    frames = [size_of_frame(name, body) for name, body in chunks if name in {b"VP8 ", b"VP8L"}]
    if len(frames) != 1:
        raise broken()
    kept = b"".join(written(name, body) for name, body in chunks if name in WEBP_KEPT)
    content = b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WEBP" + kept
    return Picture("webp", *frames[0], content)


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place < len(data):
        name, (length,) = data[place : place + 4], struct.unpack_from("<I", data, place + 4)
        body = data[place + 8 : place + 8 + length]
        if len(body) != length or name not in WEBP_KEPT | WEBP_DROPPED:
            raise broken()
        yield name, body
        place += 8 + length + length % 2
    if place != len(data):
        raise broken()


def written(name: bytes, body: bytes) -> bytes:
    """Return a chunk, whose list of what else there is names what is kept."""
    if name == b"VP8X":
        body = bytes([body[0] & ALPHA, 0, 0, 0]) + body[4:10]
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def size_of_frame(name: bytes, body: bytes) -> tuple[int, int]:
    if name == b"VP8L":
        if body[0] != 0x2F:
            raise broken()
        (bits,) = struct.unpack_from("<I", body, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if body[0] & 1 or body[3:6] != b"\x9d\x01\x2a":
        raise broken()
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


#: How files of each kind begin.
READERS: dict[bytes, Callable[[bytes], Picture]] = {PNG: png, JPEG: jpeg, b"RIFF": webp}
