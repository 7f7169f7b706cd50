"""unlock_login LOGIN [--tenant SLUG]: let somebody try again who failed too often."""

from typing import Any

from tenants.accounts import rescue
from tenants.accounts.commands import PersonCommand
from tenants.accounts.models import User


class Command(PersonCommand):
    help = "Forget the failed log-ins of one account. An address that is locked stays so."

    def help_out(self, user: User) -> dict[str, Any]:
        return {"places": rescue.unlock_login(user)}

    def show(self, answer: dict[str, Any]) -> None:
        self.stdout.write(f"{answer['login']} can log in again")
