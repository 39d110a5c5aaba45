"""What an adopted application keeps, as the settings of a stack file. Pure.

Everything that azuread would otherwise bring to our own words: display name, identifier URIs, tags, exposed scopes. The
rest (redirect URIs, logo, notes, roles, owners) needs no setting: it is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lockstep.adopt.plan import AppPlan
from lockstep.directory.records import ApplicationRecord, ScopeRecord
from lockstep.provider.claims import MARKER, TAG_PREFIX


def adopted_settings(plans: Iterable[AppPlan]) -> dict[str, dict[str, Any]]:
    """Return the entry of the setting `adopted` for each application that is taken over now, by app key."""
    return {plan.key: kept(plan.app, exposes=bool(plan.expected.app.exposes)) for plan in plans if takes_over(plan)}


def takes_over(plan: AppPlan) -> bool:
    """Tell whether a plan is about an application that was not ours before."""
    return plan.app is not None and not plan.choice.managed


def kept(app: ApplicationRecord | None, *, exposes: bool) -> dict[str, Any]:
    """Return what one application keeps; its scopes only where the stack manages what it exposes."""
    assert app is not None  # noqa: S101  (takes_over has looked)
    settings: dict[str, Any] = {"displayName": app.name, "clientId": app.app_id}
    if app.identifier_uris:
        settings["identifierUris"] = list(app.identifier_uris)
    tags = [tag for tag in app.tags if tag != MARKER and not tag.startswith(TAG_PREFIX)]
    if tags:
        settings["tags"] = tags
    if exposes and app.scopes:
        settings["scopes"] = [_scope(scope) for scope in app.scopes]
    return settings


def _scope(scope: ScopeRecord) -> dict[str, Any]:
    setting: dict[str, Any] = {"id": scope.id, "value": scope.value, "type": scope.type or "User"}
    if not scope.enabled:
        setting["enabled"] = False
    return {**setting, **scope.texts}
