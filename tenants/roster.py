"""Many tenants at once, from a CSV file: slug, name and optionally timezone and owner_email."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError

from tenants.provisioning import Order

REQUIRED = ("slug", "name")
OPTIONAL = {"timezone": "UTC", "owner_email": ""}


@dataclass(frozen=True)
class Line:
    """One line of the file; `number` counts from 1, which is the header's."""

    number: int
    slug: str
    name: str
    timezone: str
    owner_email: str

    def order(self) -> Order:
        return Order(self.slug, self.name, self.timezone, owner_email=self.owner_email)


def lines_of(path: Path) -> list[Line]:
    """Read the whole file; raises ValidationError, with nothing done, when it is not such a file."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            check_header(reader.fieldnames or ())
            return list(read_lines(reader))
    except OSError as error:
        raise ValidationError(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ValidationError(f"{path}: not UTF-8.") from None
    except csv.Error as error:
        raise ValidationError(f"{path}: not CSV: {error}.") from None


def check_header(names: Iterable[str]) -> None:
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ValidationError(
            f"The first line lacks {' and '.join(missing)}; write: slug,name,timezone,owner_email"
        )


def read_lines(reader: csv.DictReader[str]) -> Iterator[Line]:
    for row in reader:
        given = {name: (row.get(name) or "").strip() for name in (*REQUIRED, *OPTIONAL)}
        filled = {name: value or OPTIONAL.get(name, "") for name, value in given.items()}
        yield Line(reader.line_num, **filled)
