"""Why lines of an order file were rejected, in the language of who reads it."""

import re

from orders.order_file import OPTIONAL, REQUIRED
from wording.showing import shown

#: What was wrong with one cell begins with its column, whose name is the file's and stays.
CELLS = re.compile(f"; (?=(?:{'|'.join((*REQUIRED, *OPTIONAL))}): )")


def shown_reason(reason: str) -> str:
    """Return what an import stored about a line, one sentence for each cell."""
    return "; ".join(map(shown, CELLS.split(reason)))
