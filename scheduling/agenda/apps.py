from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgendaConfig(AppConfig):
    name = "scheduling.agenda"
    label = "agenda"
    verbose_name = _("Agenda")

    def ready(self) -> None:
        from scheduling.agenda import checks  # noqa: F401  # being imported is what registers it
