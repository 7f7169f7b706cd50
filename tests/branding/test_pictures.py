"""What is a picture, and what only looks like one."""

import random

import pytest

from tenants.branding.pictures import PictureError, read_picture
from tests.branding.samples import (
    JPEG,
    LOSSLESS,
    SCRIPT,
    SVG,
    WEBP,
    chunk,
    jpeg_with,
    png,
    segment,
    webp_with,
)

GOOD = {"png": png(), "jpg": JPEG, "webp": WEBP}


@pytest.mark.parametrize("suffix", GOOD)
def test_a_picture_is_taken_as_it_is(suffix):
    picture = read_picture(GOOD[suffix])

    assert (picture.suffix, picture.width, picture.height) == (suffix, 3, 2)
    assert picture.content == GOOD[suffix]


def test_a_lossless_one_is_measured_too():
    assert (read_picture(LOSSLESS).width, read_picture(LOSSLESS).height) == (1, 1)


@pytest.mark.parametrize(
    "data",
    [
        png(between=chunk(b"tEXt", SCRIPT)),
        png(between=chunk(b"iTXt", SCRIPT)),
        jpeg_with(segment(0xFE, SCRIPT)),
        jpeg_with(segment(0xE1, b"Exif\0\0" + SCRIPT)),
        jpeg_with(segment(0xE0, b"JFIF\0" + SCRIPT)),
        webp_with(b"EXIF", SCRIPT),
        webp_with(b"XMP ", SCRIPT),
    ],
)
def test_what_is_written_beside_the_picture_is_left_behind(data):
    picture = read_picture(data)

    assert b"script" not in picture.content
    assert read_picture(picture.content) == picture


@pytest.mark.parametrize("data", [png(behind=SCRIPT), JPEG + SCRIPT, WEBP + SCRIPT, JPEG + JPEG])
def test_what_stands_behind_the_picture_is_refused(data):
    with pytest.raises(PictureError, match="something else behind the picture"):
        read_picture(data)


@pytest.mark.parametrize(
    "data", [SVG, b"<?xml version='1.0'?>\n<!-- x -->" + SVG, b"\xef\xbb\xbf" + SVG.upper()]
)
def test_svg_is_refused_with_the_reason(data):
    with pytest.raises(PictureError, match="SVG is not taken, as it may carry scripts"):
        read_picture(data)


@pytest.mark.parametrize("data", [b"", b"GIF89a" + SCRIPT, b"BM1234", SCRIPT, b"%PDF-1.4", b"\0"])
def test_what_is_no_picture_names_the_kinds_that_are_taken(data):
    with pytest.raises(PictureError, match="use PNG, JPEG or WebP"):
        read_picture(data)


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0), (2001, 1), (1, 2001), (2**31, 1)])
def test_a_side_that_is_too_long_is_refused(width, height):
    data = png(1, 1)
    wrong = data[:8] + chunk(b"IHDR", width.to_bytes(4) + height.to_bytes(4) + data[24:29])

    with pytest.raises(PictureError, match="pixels"):
        read_picture(wrong + data[33:])


def test_the_longest_sides_are_taken():
    assert read_picture(png(2000, 1)).width == 2000


@pytest.mark.parametrize(
    "data",
    [
        png(between=chunk(b"IEVL", b"")),
        png().replace(b"IDAT", b"IDAU"),
        png()[:8] + png()[33:],
        jpeg_with(segment(0xC3, b"\x08\0\1\0\1\1\1\x11\0")),
        webp_with(b"ANIM", b"\0" * 6),
        webp_with(b"VP8 ", b""),
        b"RIFF\x04\0\0\0WAVE",
        b"RIFF\xff\xff\xff\xffWEBP",
    ],
)
def test_what_is_put_together_wrongly_is_called_damaged(data):
    with pytest.raises(PictureError, match="damaged"):
        read_picture(data)


@pytest.mark.parametrize("suffix", GOOD)
def test_a_picture_that_breaks_off_is_refused_wherever_it_does(suffix):
    for length in range(len(GOOD[suffix])):
        with pytest.raises(PictureError):
            read_picture(GOOD[suffix][:length])


@pytest.mark.parametrize("suffix", GOOD)
def test_whatever_is_sent_is_a_picture_or_refused(suffix):
    chance = random.Random(11)  # noqa: S311  # a repeatable sample, no secret
    for _ in range(2000):
        data = bytearray(GOOD[suffix])
        for _change in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            picture = read_picture(bytes(data))
        except PictureError:
            continue
        assert 0 < picture.width <= 2000
        assert read_picture(picture.content) == picture


@pytest.mark.parametrize("filler", [b"\xff\x00", b"\x00", b"\xff\xd0", b"\xff"])
def test_a_large_one_takes_no_longer_than_its_size(filler):
    packed = segment(0xDA, b"\1\1\0\0\x3f\0") + filler * (200 * 1024 // len(filler))

    with pytest.raises(PictureError):
        read_picture(JPEG[:2] + packed)
