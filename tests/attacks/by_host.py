"""Attacks by the name of a host: nobody owns a spelling of a tenant's host that is not looked for."""

from __future__ import annotations

from tests.attacks.frame import attack
from tests.attacks.site import ATTACKER, STAFF, Site


@attack
def a_tenants_host_in_capitals_leads_to_the_platform(site: Site) -> bool:
    return site.lets_in(site.visitor(f"{ATTACKER.upper()}.localhost"), STAFF)


@attack
def a_tenants_host_with_a_dot_behind_leads_to_the_platform(site: Site) -> bool:
    return site.lets_in(site.visitor(f"{ATTACKER}.localhost."), STAFF)


@attack
def the_owner_is_turned_away_at_a_host_in_capitals(site: Site) -> bool:
    shouting = site.visitor(f"{ATTACKER.upper()}.localhost")

    return not site.lets_in(shouting, f"owner@{ATTACKER}.test")
