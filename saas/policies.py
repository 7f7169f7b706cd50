"""What browsers are told about our pages: where anything on them may come from, and what they may use."""

SELF = "'self'"
NONE = "'none'"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        # What is not named below is not needed, so it is nothing that an attacker could bring.
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
