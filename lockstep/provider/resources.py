"""The three resources of `entraconsent` as a Pulumi program declares them.

This is the program's side. It imports nothing but pulumi, so that a program starts fast. What the resources do is in
`admin_consent`, `principal` and `directory_roles`, behind the servicer; the wire names here (camelCase) are the
contract between them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Literal

import pulumi

from lockstep.resource_types import ADMIN_CONSENT, DIRECTORY_ROLES, GET_CALLER, GET_NOT_OFFERED, PRINCIPAL

# {API name: {"delegated" | "application": {permission name: permission id}}}
PermissionMap = Mapping[str, Mapping[str, Mapping[str, str]]]


@pulumi.output_type
class Caller:
    """Who the provider is signed in as: the claims of its own token."""

    tenant_id: str = pulumi.property("tenantId")
    """The tenant of the token."""
    client_id: str = pulumi.property("clientId")
    """The application that asked for the token."""
    object_id: str = pulumi.property("objectId")
    """The user or service principal that is signed in."""


def ask_caller() -> Awaitable[Caller]:
    """Ask who `entraconsent` is signed in as; the program compares it with azuread's caller."""
    return pulumi.runtime.invoke_async(GET_CALLER, {}, typ=Caller)


@pulumi.output_type
class MissingOffers:
    """What the tenant's APIs do not offer of what was asked for, as one text; empty where they offer all of it."""

    told: str = pulumi.property("told")


def ask_not_offered(wanted: Sequence[Mapping[str, str]], names: Mapping[str, str]) -> Awaitable[MissingOffers]:
    """Ask what the tenant lacks of permissions as `{api, type, name, id}`; `names` are those of the APIs."""
    arguments = {"wanted": list(wanted), "names": dict(names)}
    return pulumi.runtime.invoke_async(GET_NOT_OFFERED, arguments, typ=MissingOffers)


class _Resource(pulumi.CustomResource):
    """A resource whose outputs have Python's names in the program and camelCase on the wire."""

    def translate_output_property(self, prop: str) -> str:
        """Map the wire's names to the attributes of the resources."""
        names = {"objectId": "object_id", "clientId": "client_id", "toleratedFound": "tolerated_found"}
        return names.get(prop, prop)


class Principal(_Resource):
    """A service principal that somebody else owns: looked up, created only where `create` says so.

    | input | meaning |
    |---|---|
    | `app_id` or `identifier_uris` | its address: its app id, or URIs of which the tenant knows one |
    | `create` | whether a missing one is created; only one that we created is ever deleted |
    | `asks` | the consents that this stack wants on it, each as `<API app id>/<type>/<name>` |

    | output | meaning |
    |---|---|
    | `state` | `present`, `absent` or `disabled` |
    | `baseline` | the consents in force before our first write, and those that were when the stack came to want them |
    | `asked` | all that this stack ever wanted on it, recorded before the first write: what a killed run sent is ours |
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
            **dict.fromkeys(("state", "object_id", "client_id", "baseline", "asked", "created")),
        }
        super().__init__(PRINCIPAL, resource_name, props, opts)


class AdminConsent(_Resource):
    """The complete set of tenant-wide consents of one client.

    | input | meaning |
    |---|---|
    | `mode` | `exact`: the whole set is ours; `additive`: others share the principal, and only ours is changed |
    | `client` | the service principal's object id, empty while it is absent |
    | `address` | its app id, or its identifier URI |
    | `permissions` | what is wanted: API name -> type -> permission name -> permission id |
    | `tolerated` | what may stay although it is not wanted, in the same form |
    | `apis` | the app id of every API that `permissions` and `tolerated` name |
    | `removals` | `apply`: what is undocumented is removed; `report`: it is left and listed as `extra` |
    | `baseline`, `asked` | those of the Principal of this client |
    | `claim` | whether what was there before us and is documented becomes ours |
    | `claimant` | the app id of the application of ours that carries this stack's claims |
    | `required`, `alternative` | whether the run has to find the client, unless the other principal is present |
    | `consents` | `managed`, or `by-admin`: nothing is written, and an administrator consents by hand |

    The outputs are those that `lockstep.provider.record` lists, and `awaiting`: what an administrator has still to do.
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
            **dict.fromkeys(("state", "added", "claimed", "extra", "tolerated_found", "awaiting")),
        }
        super().__init__(ADMIN_CONSENT, resource_name, props, opts)


class DirectoryRoles(_Resource):
    """The documented directory roles that a stack gives an app's service principal, in the whole tenant.

    | input | meaning |
    |---|---|
    | `client`, `address` | the service principal's object id, and its app id |
    | `roles` | the template id of each role, by its name |

    | output | meaning |
    |---|---|
    | `held` | the template ids of those that the principal holds |
    | `given` | those that this stack gave: only these are taken away again |
    """

    held: pulumi.Output[Sequence[str]]
    given: pulumi.Output[Sequence[str]]

    def __init__(
        self,
        resource_name: str,
        *,
        tenant_id: str,
        vendor: str,
        app: str,
        edition: str,
        client: pulumi.Input[str],
        address: pulumi.Input[str],
        roles: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "tenantId": tenant_id,
            "vendor": vendor,
            "app": app,
            "edition": edition,
            "client": client,
            "address": address,
            "roles": dict(roles),
            **dict.fromkeys(("held", "given")),
        }
        super().__init__(DIRECTORY_ROLES, resource_name, props, opts)
