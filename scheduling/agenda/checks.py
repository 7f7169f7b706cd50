"""What `check --deploy` finds: settings under which beat and workers would not start."""

from typing import Any

from celery import current_app
from django.core.checks import Error, register

from scheduling.agenda.preconditions import broken_preconditions


@register("messaging", deploy=True)
def promises_can_be_kept(**_options: Any) -> list[Error]:
    """Report each setting that a promise of delivery rests on and that somebody has changed."""
    problems = broken_preconditions(current_app)
    return [Error(problem, id="agenda.E001") for problem in problems]
