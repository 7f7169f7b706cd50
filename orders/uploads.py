"""Order files that somebody sends to a page: looked at, imported, and kept."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Self

from django import forms
from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from orders.file_records import NAME_MAXIMUM, OrderFile
from orders.import_preview import ImportPreview, preview_of
from orders.importing import Import, import_file
from orders.stored_files import oldest_kept, sweep
from orders.tenant import current_tenant, tenant_zone
from orders.waiting_files import sweep_waiting

#: Rejected lines that are kept and shown; who has more of them has one cause for all.
REJECTIONS_MAXIMUM = 1000
SUFFIXES = (".csv", ".txt")


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        help_text=_("CSV in UTF-8. The first line names the columns: number, placed_at, total …"),
    )
    dry_run = forms.BooleanField(
        label=_("Only show what would be done"), required=False, initial=True
    )

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        maximum = settings.ORDER_FILE_MAXIMUM_BYTES
        if (file.size or 0) > maximum:
            text = _("Larger than %(maximum)s: split it.")
            raise forms.ValidationError(text % {"maximum": filesizeformat(maximum)})
        if not (file.name or "").lower().endswith(SUFFIXES):
            raise forms.ValidationError(_("Not a CSV file: save it as CSV in UTF-8."))
        return file


@dataclass(frozen=True)
class Upload:
    """A file as it was sent, and by whom. It is on disk: see FILE_UPLOAD_HANDLERS."""

    path: Path
    name: str
    size: int
    sender: str

    @classmethod
    def of(cls, content: "UploadedFile[Any]", sender: str) -> Self:
        path = Path(content.temporary_file_path())  # type: ignore[attr-defined]
        return cls(path, content.name or "", content.size or 0, sender)


class Outcome(NamedTuple):
    """What became of a file: its row, the columns that were ignored, and of a dry run what it would do."""

    record: OrderFile
    ignored: Iterable[str]
    preview: ImportPreview | None = None


def look_at(upload: Upload) -> Outcome:
    """Return what an import would do, and do none of it; raises FileError."""
    return imported(upload, dry_run=True)


@transaction.atomic
def take_in(upload: Upload) -> Outcome:
    """Import a file and keep it, in one transaction; raises FileError when it cannot be read."""
    outcome = imported(upload, dry_run=False)
    with upload.path.open("rb") as content:
        outcome.record.file.save(outcome.record.name, File(content))
    return outcome


def imported(upload: Upload, *, dry_run: bool) -> Outcome:
    with upload.path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    currency = current_tenant().currency
    with import_file(upload.path, tenant_zone(), currency, dry_run) as outcome:
        record = record_of(outcome, upload.name)
        shown = preview_of(currency) if dry_run else None
    record.sender, record.size, record.sha256 = upload.sender, upload.size, digest
    return Outcome(record, outcome.ignored, shown)


def record_of(outcome: Import, name: str) -> OrderFile:
    """Return the row, not yet stored, about what became of a file."""
    rejections = islice(outcome.rejections(), REJECTIONS_MAXIMUM)
    return OrderFile(
        name="".join(filter(str.isprintable, name))[:NAME_MAXIMUM],
        imported=outcome.imported,
        updated=outcome.updated,
        rejected=outcome.rejected,
        rejections=[[rejection.line, rejection.reason] for rejection in rejections],
    )


@transaction.atomic
def forget_old_files(now: datetime) -> None:
    """Delete what is older than `ORDER_FILE_RETENTION_DAYS`; a repeat finds nothing."""
    limit = oldest_kept(now)
    OrderFile.objects.older_than(limit).delete()
    sweep(limit)
    sweep_waiting(now)
