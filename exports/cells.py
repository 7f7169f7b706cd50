"""Cells that a spreadsheet shows as they are, whatever somebody wrote into them."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

#: What a spreadsheet may take for a formula: also behind blanks and quotes, which some strip before
#: they look, and in the full-width forms that East Asian editions read as the narrow ones.
FORMULA = re.compile(r"""[\s\ufeff\u200b"'`]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|\s*[\t\r\n]""")


def harmless(row: Iterable[Any]) -> list[Any]:
    """Return a row in which no text begins a formula in a spreadsheet; numbers stay numbers."""
    return [cell(value) for value in row]


def cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and FORMULA.match(value):
        return f"'{value}"
    return value
