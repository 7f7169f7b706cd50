"""What became of a run, told to people who need not be programmers: words, never a state alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scheduling.catalogue import tenant_catalogue
from scheduling.durations import duration_text
from scheduling.models import Run
from tenants.audit.history import value_text
from wording.showing import shown

#: A sign beside each state's word: no screen reader says it, and colours mean nothing by themselves.
SIGNS = {
    "running": "▸",
    "held": "?",
    "succeeded": "✓",
    "failed": "✗",
    "skipped": "»",
    "missed": "!",
    "paused": "‖",
    "suspended": "‖",
    "cancelled": "■",
}
#: What each state means, as a sentence. Of those that are many slots in a row, see `Run.slots`.
MEANINGS = {
    "running": gettext_lazy("It is running."),
    "held": gettext_lazy("It is held: it waits for somebody to approve or dismiss it."),
    "succeeded": gettext_lazy("It went well."),
    "failed": gettext_lazy("It failed."),
    "skipped": gettext_lazy("It was skipped: nothing was done."),
    "missed": gettext_lazy("It was missed: its time had passed, and nothing was done."),
    "paused": gettext_lazy("The schedule was paused: nothing was done."),
    "suspended": gettext_lazy("The whole account was suspended: nothing was done."),
    "cancelled": gettext_lazy("It was cancelled before it was through. What it had done stays."),
}
#: What an exception of a programme looks like: its kind, and what it says.
TECHNICAL = re.compile(r"\A[\w.]*(?:Error|Exception|DoesNotExist|Timeout|Exceeded|Exit): ")
REASON_MAXIMUM = 120  # characters of it in a list


def badge(state: str) -> SafeString:
    """Return a state's sign and word."""
    return format_html(
        '<span class="run-state run-{}"><span aria-hidden="true">{}</span> {}</span>',
        state,
        SIGNS.get(state, ""),
        Run.State(state).label if state in Run.State.values else state,
    )


def is_technical(error: str) -> bool:
    """Whether an error is a programme's own words, which are shown to whoever asks for them."""
    return "\n" in error or bool(TECHNICAL.match(error))


def reason(error: str) -> str:
    """Return why a run ended so, in a line: of a programme's error what it says last."""
    if not is_technical(error):
        return shown(error) if error else ""
    last = error.splitlines()[-1].strip()
    said = Truncator(TECHNICAL.sub("", last)).chars(REASON_MAXIMUM)
    return _("An unexpected error: %(said)s") % {"said": said}


def took(run: Run) -> timedelta | None:
    """Return how long a run took; None of one that has not ended or never began."""
    return run.finished_at - run.started_at if run.started_at and run.finished_at else None


def story(run: Run) -> list[str]:
    """Return in sentences what happened."""
    told: list[Any] = [MEANINGS.get(run.state, "")]
    if run.slots > 1:
        text = ngettext(
            "This is %(number)d slot in a row.", "These are %(number)d slots in a row.", run.slots
        )
        told.append(text % {"number": run.slots})
    if run.started_at:
        told.append(counts(run))
    if duration := duration_text(took(run)):
        told.append(_("It took %(duration)s.") % {"duration": duration})
    if run.retries:
        text = ngettext(
            "It was begun again once after an error.",
            "It was begun again %(number)d times after errors.",
            run.retries,
        )
        told.append(text % {"number": run.retries})
    return [str(sentence) for sentence in told if sentence]


def counts(run: Run) -> str:
    if not (run.examined or run.closed):
        return ""
    given = {"examined": run.examined, "closed": run.closed}
    return _("Looked at: %(examined)d; closed of these: %(closed)d.") % given


def told_parameters(run: Run) -> list[tuple[str, Any]]:
    """Return what a run goes by, as its task's form calls it; as it is stored where that has no word."""
    entry = tenant_catalogue().get(run.task)
    fields = entry.form.base_fields if entry else {}
    given = run.parameters if isinstance(run.parameters, dict) else {}
    return [
        (str((fields[name].label if name in fields else None) or name), value_text(value))
        for name, value in given.items()
    ]
