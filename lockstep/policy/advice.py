"""What is worth knowing and stops nothing: the permissions that can take over a tenant."""

from __future__ import annotations

from collections.abc import Iterator

from lockstep.catalogue import risk
from lockstep.policy.configured import Malformed
from lockstep.policy.consents import consents
from lockstep.policy.permissions import documented
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import ADMIN_CONSENT


def name_tier_0(resource: Resource, world: World) -> Iterator[Objection]:
    """Name the tier 0 permissions among the consents of an AdminConsent: the control plane of the tenant."""
    declared = world.app_named(resource) if resource.type == ADMIN_CONSENT else None
    if declared is None:
        return
    asked = [each for each in consents(resource.props, "permissions") if not isinstance(each, Malformed)]
    entries = [entry for each in asked if (entry := documented(each, declared)[0]) is not None]
    tier_0 = [entry.title for entry in entries if (found := risk(entry.permission)) is not None and found.tier == 0]
    if tier_0:
        yield Objection(
            f"consents that can take over a tenant (tier 0): {'; '.join(sorted(tier_0))}",
            "documented by the vendor, so nothing is refused",
            "nothing, if whoever answers for the tenant agrees; else `withhold` in the stack file",
            declared.source,
        )
