from django.apps import AppConfig


class AgendaConfig(AppConfig):
    name = "scheduling.agenda"
    label = "agenda"
