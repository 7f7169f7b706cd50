"""What an authenticator reads from the screen when it is set up."""

from base64 import b32encode
from binascii import unhexlify
from urllib.parse import quote, urlencode

import qrcode
from django.utils.safestring import SafeString, mark_safe
from qrcode.image.svg import SvgPathFillImage

from tenants.accounts.models import User

GROUP = 4


def readable(key: str) -> str:
    """Return the secret as people type it into an authenticator: base 32, in groups."""
    text = base32(key)
    return " ".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def address(user: User, issuer: str, key: str) -> str:
    """Return the otpauth address that authenticators know (Key URI Format of Google Authenticator)."""
    label = quote(f"{issuer.replace(':', ' ')}:{user.get_username()}")
    query = urlencode({"secret": base32(key), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"


def base32(key: str) -> str:
    return b32encode(unhexlify(key)).decode().rstrip("=")


def drawing(text: str) -> SafeString:
    """Return a QR code as inline SVG: on white, also in a dark theme, and without any style."""
    image = qrcode.make(text, image_factory=SvgPathFillImage)
    return mark_safe(image.to_string(encoding="unicode"))  # noqa: S308  # drawn here, of digits
