"""reset_second_factor LOGIN [--tenant SLUG]: let somebody in who lost telephone and recovery codes."""

from typing import Any

from tenants.accounts import rescue
from tenants.accounts.commands import PersonCommand
from tenants.accounts.models import User


class Command(PersonCommand):
    help = "Take away one account's authenticator and recovery codes, and end its sessions."

    def help_out(self, user: User) -> dict[str, Any]:
        rescue.reset_second_factor(user)
        return {"second_factor": None}

    def show(self, answer: dict[str, Any]) -> None:
        self.stdout.write(
            f"{answer['login']} logs in with the password alone, or sets up a new one"
        )
