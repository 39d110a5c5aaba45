"""The two resources of `entraconsent` as a Pulumi program declares them.

Program side only: imports nothing but pulumi, so that a program starts fast. What the resources do is in
the servicer; the wire names here (camelCase) are their contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi

from lockstep.resource_types import ADMIN_CONSENT, GET_CALLER, PRINCIPAL

# {API name: {"delegated" | "application": {permission name: permission id}}}
PermissionMap = Mapping[str, Mapping[str, Mapping[str, str]]]


@pulumi.output_type
class Caller:
    """Who the provider is signed in as: the claims of its own token."""

    def __init__(self, tenant_id: str, client_id: str, object_id: str) -> None:
        pulumi.set(self, "tenant_id", tenant_id)
        pulumi.set(self, "client_id", client_id)
        pulumi.set(self, "object_id", object_id)

    @property
    @pulumi.getter(name="tenantId")
    def tenant_id(self) -> str:
        """The tenant of the token."""
        return pulumi.get(self, "tenant_id")  # type: ignore[no-any-return]

    @property
    @pulumi.getter(name="clientId")
    def client_id(self) -> str:
        """The application that asked for the token."""
        return pulumi.get(self, "client_id")  # type: ignore[no-any-return]

    @property
    @pulumi.getter(name="objectId")
    def object_id(self) -> str:
        """The user or service principal that is signed in."""
        return pulumi.get(self, "object_id")  # type: ignore[no-any-return]


def get_caller() -> Caller:
    """Return who `entraconsent` is signed in as; the program compares it with azuread's caller."""
    answer = pulumi.runtime.invoke(GET_CALLER, {}, typ=Caller)
    caller: Caller = answer.value
    return caller


class _Resource(pulumi.CustomResource):
    """A resource whose outputs have Python's names in the program and camelCase on the wire."""

    def translate_output_property(self, prop: str) -> str:
        """Map the wire's names to the attributes of the two resources."""
        names = {"objectId": "object_id", "clientId": "client_id", "toleratedFound": "tolerated_found"}
        return names.get(prop, prop)


class Principal(_Resource):
    """A service principal that somebody else owns: looked up, created only where `create` says so.

    `app_id` addresses it by app id, `identifier_uris` by the first of these URIs that the tenant knows.
    `baseline` lists the consents in force before our first write, as "principal id"-free entries
    `<API app id>/<type>/<name>`, and what was in force before the stack came to want it. `asks` lists what this stack
    wants there in the same form, and `asked` all that it ever wanted: known before the first write, so that what a
    killed run sent is ours.
    """

    state: pulumi.Output[str]
    object_id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    baseline: pulumi.Output[Sequence[str]]
    asked: pulumi.Output[Sequence[str]]
    created: pulumi.Output[bool]

    def __init__(
        self,
        resource_name: str,
        *,
        tenant_id: str,
        vendor: str,
        app: str,
        display_name: str,
        app_id: pulumi.Input[str] | None = None,
        identifier_uris: Sequence[str] | None = None,
        create: bool = False,
        asks: Sequence[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "tenantId": tenant_id,
            "vendor": vendor,
            "app": app,
            "displayName": display_name,
            "appId": app_id,
            "identifierUris": identifier_uris,
            "create": create,
            "asks": asks,
            "state": None,
            "object_id": None,
            "client_id": None,
            "baseline": None,
            "asked": None,
            "created": None,
        }
        super().__init__(PRINCIPAL, resource_name, props, opts)


class AdminConsent(_Resource):
    """The complete set of tenant-wide consents of one client.

    `mode` is `exact` (the whole set is ours) or `additive` (others share the principal). `client` is the
    service principal's object id, empty while it is absent. `address` is its app id, or its identifier URI.
    `apis` gives the app id of every API that `permissions` and `tolerated` name. `baseline` and `asked` are the
    principal's. With `consents` `by-admin` nothing is
    written: `awaiting` says what an administrator has still to do, and is empty once that is done.
    """

    state: pulumi.Output[str]
    added: pulumi.Output[Sequence[str]]
    claimed: pulumi.Output[Sequence[str]]
    extra: pulumi.Output[Sequence[str]]
    tolerated_found: pulumi.Output[Sequence[str]]
    awaiting: pulumi.Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        tenant_id: str,
        vendor: str,
        app: str,
        edition: str,
        mode: Literal["exact", "additive"],
        client: pulumi.Input[str],
        address: pulumi.Input[str],
        apis: Mapping[str, pulumi.Input[str]],
        permissions: PermissionMap,
        tolerated: PermissionMap | None = None,
        removals: Literal["apply", "report"] = "apply",
        required: bool = True,
        alternative: pulumi.Input[str] | None = None,
        baseline: pulumi.Input[Sequence[str]] | None = None,
        asked: pulumi.Input[Sequence[str]] | None = None,
        claim: bool = False,
        claimant: pulumi.Input[str] | None = None,
        consents: Literal["managed", "by-admin"] = "managed",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "tenantId": tenant_id,
            "vendor": vendor,
            "app": app,
            "edition": edition,
            "mode": mode,
            "client": client,
            "address": address,
            "apis": apis,
            "permissions": permissions,
            "tolerated": tolerated or {},
            "removals": removals,
            "required": required,
            "alternative": alternative,
            "baseline": baseline,
            "asked": asked,
            "claim": claim,
            "claimant": claimant,
            "consents": consents,
            "state": None,
            "added": None,
            "claimed": None,
            "extra": None,
            "tolerated_found": None,
            "awaiting": None,
        }
        super().__init__(ADMIN_CONSENT, resource_name, props, opts)
