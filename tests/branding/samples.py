"""Small pictures: as a browser draws them, and with something in them that is no picture."""

import struct
import zlib
from base64 import b64decode

#: Three by two pixels, drawn and packed by Chromium.
JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4"
    "UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj"
    "Y2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAACAAMDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/xAAUEAEA"
    "AAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAABP/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhED"
    "EQA/AIIBIb//2Q=="
)
WEBP = b64decode("UklGRjIAAABXRUJQVlA4ICYAAABwAQCdASoDAAIAAsBMJZACdAFAAAD+71EuBJWrN0+cOdze64AAAA==")
LOSSLESS = b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
SCRIPT = b"<script>alert(document.domain)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def chunk(name, body):
    checksum = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def png(width=3, height=2, between=b"", behind=b""):
    """Draw a grey picture; `between` stands before its pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + b"\x80" * width for _row in range(height)))
    parts = [chunk(b"IHDR", head), between, chunk(b"IDAT", pixels), chunk(b"IEND", b""), behind]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def segment(kind, body):
    return bytes([0xFF, kind]) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(*segments):
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


def webp_with(name, body, behind=b""):
    """Return the lossy one with another chunk at its end."""
    extra = name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    content = WEBP[8:] + extra
    return b"RIFF" + struct.pack("<I", len(content)) + content + behind
