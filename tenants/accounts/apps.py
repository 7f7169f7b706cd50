from django.apps import AppConfig
from django.db.models.signals import pre_save
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "tenants.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from axes.models import AccessAttempt

        from tenants.accounts import login_log, throttling

        login_log.listen()
        pre_save.connect(throttling.forget_what_was_sent, sender=AccessAttempt)
