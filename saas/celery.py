"""The Celery app: tenant-schemas-celery's, with base classes that fail closed."""

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from celery.signals import celeryd_init, setup_logging
from celery.utils import uuid
from kombu.transport import TRANSPORT_ALIASES
from tenant_schemas_celery.app import CeleryApp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")
# As an alias, so that addresses in logs keep their redis:// and no class's name.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "scheduling.agenda.valkey:Transport"))


class SaasCelery(CeleryApp):
    """Gives each task the base class of its catalogue: the tenants', or the platform's."""

    task_cls = "scheduling.tasks:TenantTask"
    platform_task_cls = "scheduling.tasks:PlatformTask"

    def _task_from_fun(self, fun: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if options.get("platform"):
            options["base"] = self.platform_task
        return super()._task_from_fun(fun, *args, **options)

    def send_task(self, name: str, *args: Any, **options: Any) -> Any:
        """Sign every message, whoever sends it: workers refuse others."""
        from scheduling.agenda import signature

        positional = dict(zip(("args", "kwargs"), args, strict=False)) | options
        options["task_id"] = options.get("task_id") or uuid()
        options["headers"] = (options.get("headers") or {}) | {
            signature.HEADER: signature.sign(
                name, options["task_id"], positional.get("args"), positional.get("kwargs")
            )
        }
        return super().send_task(name, *args, **options)

    @cached_property
    def Beat(self) -> type:
        return self.subclass_with_self("scheduling.agenda.start:Beat")

    @property
    def platform_task(self) -> type:
        return self.subclass_with_self(
            self.platform_task_cls, name="PlatformTask", attribute="_app", abstract=True
        )


app = SaasCelery("saas")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# By name, since it needs Django's models.
app.steps["worker"].add("scheduling.agenda.watch:Watchkeeper")


@setup_logging.connect
def use_django_logging(**_: Any) -> None:
    """Being connected is the point: Celery then leaves the logging that Django set up alone."""


@celeryd_init.connect
def prepare_worker(options: Mapping[str, Any], **_: Any) -> None:
    from scheduling.agenda.start import given_to_worker, prepare

    prepare(app, given_to_worker(options))
