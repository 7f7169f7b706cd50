"""migrations: which tenants are behind this code, and why."""

from typing import Any

from tenants.commands import JsonCommand
from tenants.migrating.overview import overview


class Command(JsonCommand):
    help = (
        "List the tenants whose schemas lack migrations, with the reason where migrating them "
        "failed, and migrations that newer code applied. The exit code is 1 if there is any."
    )

    def perform(self, **options: Any) -> dict[str, Any]:
        return overview()

    def has_failed(self, answer: dict[str, Any]) -> bool:
        return bool(answer["behind"])

    def show(self, answer: dict[str, Any]) -> None:
        self.stdout.write(f"{answer['up_to_date']} of {answer['tenants']} tenants are up to date")
        for tenant in answer["behind"]:
            lacks = ", ".join(tenant["lacks"]) or "what follows migrations"
            self.stdout.write(f"{tenant['slug']}: lacks {lacks}")
            if tenant["reason"]:
                self.stdout.write(f"    failed {tenant['attempts']} times: {tenant['reason']}")
        for unknown in answer["unknown"]:
            self.stdout.write(
                f"{unknown['tenants']} tenants have {unknown['migration']}, which this code does "
                "not know: newer code was here"
            )
