"""Microsoft's SharePoint principals, on which a vendor's scopes stand beside everybody else's.

Both principals, new and old, are always registered: what is absent today is a stored state and not a missing resource,
so one stale answer can never unregister a principal and revoke the scopes on it.

The component is made in two steps, because two things need each other: the claims on the vendor's API app need what
was in force on the principals, and the consents on the principals need the API app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

from lockstep.catalogue import App, DocumentedPermission
from lockstep.catalogue import Principal as DocumentedPrincipal
from lockstep.components.permissions import OwnApis, api_ids, permission_map
from lockstep.provider.claims import MARKER, claim_tags
from lockstep.provider.resources import AdminConsent, Principal

Choice = Literal["auto", "new", "old", "both", "later"]

# Which principals must be there. `auto` asks for one of the two; the new one's consent answers for both.
_REQUIRED: Mapping[Choice, frozenset[str]] = {
    "auto": frozenset({"new"}),
    "new": frozenset({"new"}),
    "old": frozenset({"old"}),
    "both": frozenset({"new", "old"}),
    "later": frozenset(),
}


@dataclass(frozen=True)
class SharedPrincipalArgs:
    """What a SharedPrincipal is made of.

    `withdraw` takes our scopes off the old principal, after the new one has them; without it nothing is withdrawn.
    `claim` takes over documented scopes that somebody granted by hand. With `by_admin`, an administrator gives the
    consents, so none of them is claimed as added.
    """

    tenant_id: str
    vendor: str
    edition: str
    app: App
    permissions: tuple[DocumentedPermission, ...]
    sharepoint: Choice = "auto"
    withdraw: bool = False
    claim: bool = False
    by_admin: bool = False

    def wanted(self, principal: str) -> tuple[DocumentedPermission, ...]:
        """Return what is wanted on the principal `new` or `old`: the same on both, or nothing once withdrawn."""
        return () if self.withdraw and principal == "old" else self.permissions


class SharedPrincipal(pulumi.ComponentResource):
    """A look-up of each principal, then an additive AdminConsent on each."""

    principals: Mapping[str, Principal]
    consents: Mapping[str, AdminConsent]

    def __init__(self, name: str, args: SharedPrincipalArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "lockstep:entra:SharedPrincipal",
            name,
            {"vendor": args.vendor, "app": args.app.key, "edition": args.edition},
            opts,
        )
        self._args = args
        self.principals = {each.key: self._look_up(each) for each in args.app.principals}
        self.consents = {}

    def claims(self) -> pulumi.Output[list[str]]:
        """Return the tags by which the stack's own API app says what this stack uses on each principal."""
        keys = list(self.principals)

        def tags(seen: Sequence[Any]) -> list[str]:
            found = [MARKER]
            for key, (state, baseline) in zip(keys, seen, strict=True):
                # Nothing can be claimed on a principal that was never looked at.
                found += self._claims_on(key, baseline or []) if state == "present" else []
            return found

        looks = [pulumi.Output.all(self.principals[key].state, self.principals[key].baseline) for key in keys]
        return pulumi.Output.all(*looks).apply(tags)

    def grant(self, apis: OwnApis, claimant: pulumi.Input[str] | None, after: Sequence[pulumi.Resource] = ()) -> None:
        """Register the consents: the second step. `claimant` is the app id of the app that carries the claims.

        They come `after` everything else: a principal that is not there yet fails the run, and an engine that meets
        a failure starts nothing new.
        """
        consents: dict[str, AdminConsent] = {}
        for principal in self._args.app.principals:
            before = [*after, *(consents.values() if not self._args.wanted(principal.key) else ())]
            consents[principal.key] = self._consent(principal, apis, claimant, before)
        self.consents = consents
        self.register_outputs({key: self._output(key) for key in consents})

    def _look_up(self, principal: DocumentedPrincipal) -> Principal:
        args = self._args
        return Principal(
            principal.name,
            tenant_id=args.tenant_id,
            vendor=args.vendor,
            app=args.app.key,
            display_name=principal.name,
            app_id=principal.app_id,
            identifier_uris=_uris(principal, args.tenant_id) or None,
            asks=[] if args.by_admin else self._entries(principal.key),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _consent(
        self,
        principal: DocumentedPrincipal,
        apis: OwnApis,
        claimant: pulumi.Input[str] | None,
        before: Sequence[AdminConsent],
    ) -> AdminConsent:
        args, found = self._args, self.principals[principal.key]
        either = args.sharepoint == "auto" and principal.key == "new"
        return AdminConsent(
            principal.name,
            tenant_id=args.tenant_id,
            vendor=args.vendor,
            app=args.app.key,
            edition=args.edition,
            mode="additive",
            client=found.object_id,
            address=principal.app_id or _uris(principal, args.tenant_id)[0],
            # All of the app's APIs, withdrawn or not: what is taken away has to be found as well.
            apis=api_ids(args.app.permissions, apis),
            permissions=permission_map(args.wanted(principal.key), apis),
            required=principal.key in _REQUIRED[args.sharepoint],
            alternative=self.principals["old"].state if either else None,
            baseline=found.baseline,
            asked=found.asked,
            claim=args.claim,
            claimant=claimant,
            consents="by-admin" if args.by_admin else "managed",
            # A withdrawal waits until the new principal has everything.
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(before) or None),
        )

    def _entries(self, key: str) -> list[str]:
        """Return what can be claimed, in the form of a Principal's baseline."""
        wanted = sorted(self._claimable(key).items())
        return [f"{api}/delegated/{name}" for api, names in wanted for name in sorted(names)]

    def _claimable(self, key: str) -> dict[str, list[str]]:
        # A scope of the stack's own API needs no claim: another stack has an API of its own.
        names: dict[str, list[str]] = {}
        for entry in self._args.wanted(key):
            if not entry.permission.api.startswith("app:"):
                names.setdefault(entry.permission.api, []).append(entry.name)
        return names

    def _claims_on(self, key: str, baseline: Sequence[str]) -> list[str]:
        names = self._claimable(key)
        if self._args.by_admin:
            baseline = self._entries(key)
        return [tag for api in sorted(names) for tag in claim_tags(key, api, names[api], baseline)]

    def _output(self, key: str) -> dict[str, Any]:
        found = self.principals[key]
        return {"clientId": found.client_id, "servicePrincipalId": found.object_id, "state": found.state}


def _uris(principal: DocumentedPrincipal, tenant_id: str) -> list[str]:
    return [uri.replace("{tenant}", tenant_id) for uri in principal.identifier_uris]
