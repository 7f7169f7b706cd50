from django.apps import AppConfig


class AgendaConfig(AppConfig):
    name = "scheduling.agenda"
    label = "agenda"

    def ready(self) -> None:
        from scheduling.agenda import checks  # noqa: F401  # being imported is what registers it
