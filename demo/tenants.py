"""The demo's customers: who they are, which orders are theirs, and when old ones are closed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoTenant:
    slug: str
    name: str
    #: As the sample's column `country` spells it.
    country: str
    timezone: str
    crontab: str
    days: int
    paused: bool = False

    @property
    def login(self) -> str:
        return f"owner@{self.slug}.example"


TENANTS = (
    DemoTenant("germany", "Germany Giftware", "Germany", "Europe/Berlin", "* * * * *", days=30),
    DemoTenant("france", "France Cadeaux", "France", "Europe/Paris", "30 6 * * *", days=45),
    DemoTenant(
        "united-kingdom", "UK Wholesale", "United Kingdom", "Europe/London", "*/15 * * * *", days=60
    ),
    DemoTenant(
        "australia",
        "Australia Gifts",
        "Australia",
        "Australia/Sydney",
        "0 7 * * 1",
        days=90,
        paused=True,
    ),
)
PLATFORM_LOGIN = "staff@platform.example"
