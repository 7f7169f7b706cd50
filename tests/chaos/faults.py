"""What is done to the product, and how a supervisor makes it good."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from dataclasses import dataclass, field

from tests.chaos.plan import Strike
from tests.chaos.postman import Postman
from tests.chaos.product import Product
from tests.chaos.servers import Servers


@dataclass
class World:
    """All that faults strike."""

    product: Product
    servers: Servers
    postman: Postman
    dice: random.Random
    #: Process ids that are stopped, by strike.
    frozen: dict[Strike, list[int]] = field(default_factory=dict)

    # Killed ----------------------------------------------------------------------------------
    def kill(self, strike: Strike) -> None:
        self.product.kill(strike.targets)

    def revive(self, strike: Strike) -> None:
        self.product.revive(strike.targets)

    def kill_child(self, strike: Strike) -> None:
        os.kill(self.dice.choice(self.children(strike)), signal.SIGKILL)

    def children(self, strike: Strike) -> list[int]:
        return [pid for name in strike.targets for pid in self.product.children(name)]

    # Frozen ----------------------------------------------------------------------------------
    def freeze(self, strike: Strike) -> None:
        mains = [self.product.processes[name].pid for name in strike.targets]
        self.stop(strike, [*mains, *self.children(strike)])

    def freeze_child(self, strike: Strike) -> None:
        self.stop(strike, [self.dice.choice(self.children(strike))])

    def stop(self, strike: Strike, pids: list[int]) -> None:
        self.frozen[strike] = pids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self, strike: Strike) -> None:
        for pid in self.frozen.pop(strike):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def end_all(self) -> None:
        """End the product, also what is frozen and would not hear of it; for good and at once."""
        for name in list(self.product.processes):
            with contextlib.suppress(ProcessLookupError):
                self.product.kill([name])

    # Servers ---------------------------------------------------------------------------------
    def stop_postgres(self, _: Strike) -> None:
        self.servers.postgres.crash()

    def start_postgres(self, _: Strike) -> None:
        self.servers.postgres.come_back()

    def empty_broker(self, _: Strike) -> None:
        self.servers.broker.crash()

    def start_broker(self, _: Strike) -> None:
        self.servers.broker.come_back()

    def cut_connections(self, _: Strike) -> None:
        with contextlib.suppress(Exception):  # the other fault that has just struck is as good
            self.product.witness(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename <> current_user"
            )
        with contextlib.suppress(Exception):
            self.postman.cut_connections()

    # Messages --------------------------------------------------------------------------------
    def repeat_messages(self, _: Strike) -> None:
        self.postman.is_doubling = True
        self.postman.repeat_all()

    def stop_repeating(self, _: Strike) -> None:
        self.postman.is_doubling = False

    def nothing(self, _: Strike) -> None:
        """What was killed is replaced by its own parent."""


#: Kind: how it begins and how it ends.
ACTS = {
    "beat killed": (World.kill, World.revive),
    "all beats killed": (World.kill, World.revive),
    "beat frozen": (World.freeze, World.thaw),
    "worker killed": (World.kill, World.revive),
    "worker child killed": (World.kill_child, World.nothing),
    "worker frozen": (World.freeze, World.thaw),
    "worker child frozen": (World.freeze_child, World.thaw),
    "Postgres stopped": (World.stop_postgres, World.start_postgres),
    "broker emptied": (World.empty_broker, World.start_broker),
    "connections cut": (World.cut_connections, World.cut_connections),
    "messages repeated": (World.repeat_messages, World.stop_repeating),
}


def begin(world: World, strike: Strike) -> None:
    ACTS[strike.kind][0](world, strike)


def end(world: World, strike: Strike) -> None:
    ACTS[strike.kind][1](world, strike)
