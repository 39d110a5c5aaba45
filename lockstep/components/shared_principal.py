"""Microsoft's SharePoint principals, on which a vendor's scopes stand beside everybody else's.

Both principals, new and old, are registered in every run, also where the tenant lacks one of them: `absent` is a state
of the resource. If the program left an absent principal out, one outdated answer of Graph would make the engine delete
the resource, and with it every scope of ours on that principal.

The component is made in two steps, because two things need each other: the tags with the claims, on the vendor's API
app, need to know what was in force on the principals, and the consents on the principals need the API app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi

from lockstep.catalogue import DocumentedPermission, DocumentedPrincipal
from lockstep.components.permissions import OwnApis, api_ids, permission_map
from lockstep.provider.claims import MARKER, claim_tags
from lockstep.provider.resources import AdminConsent, Principal
from lockstep.resource_types import SHARED_PRINCIPAL
from lockstep.settings.stack_app import StackApp


@dataclass(frozen=True)
class SharedPrincipalArgs:
    """What a SharedPrincipal is made of: what the stack wants of the app that its principals stand for."""

    app: StackApp

    def wanted(self, principal: str) -> tuple[DocumentedPermission, ...]:
        """Return what is wanted on the principal `new` or `old`: the same on both, or nothing once withdrawn."""
        return () if principal in self.app.withdrawn else self.app.wanted


class SharedPrincipal(pulumi.ComponentResource):
    """A look-up of each principal, then an additive AdminConsent on each.

    A subclass names one app of the catalogue by `vendor` and `app`, and stands for that app in a stack.
    """

    vendor: ClassVar[str]
    app: ClassVar[str]
    principals: Mapping[str, Principal]
    consents: Mapping[str, AdminConsent]

    def __init__(self, name: str, args: SharedPrincipalArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            SHARED_PRINCIPAL,
            name,
            {"vendor": args.app.vendor, "app": args.app.key, "edition": args.app.edition.id},
            opts,
        )
        self._args = args
        self._app = args.app
        self.principals = {principal.key: self._look_up(principal) for principal in args.app.app.principals}
        self.consents = {}

    def claims(self) -> pulumi.Output[list[str]]:
        """Return the tags by which the stack's own API app says what this stack uses on each principal."""
        keys = list(self.principals)

        def tags(principals: Sequence[Any]) -> list[str]:
            claimed = [MARKER]
            for key, (state, baseline) in zip(keys, principals, strict=True):
                # Nothing can be claimed on a principal that was never looked at.
                claimed += self._claims_on(key, baseline or []) if state == "present" else []
            return claimed

        looks = [pulumi.Output.all(self.principals[key].state, self.principals[key].baseline) for key in keys]
        return pulumi.Output.all(*looks).apply(tags)

    def grant(self, apis: OwnApis, claimant: pulumi.Input[str] | None, after: Sequence[pulumi.Resource] = ()) -> None:
        """Register the consents: the second step. `claimant` is the app id of the app that carries the claims.

        They come `after` everything else: a principal that is not there yet fails the run, and after a failure the
        engine starts nothing new.
        """
        consents: dict[str, AdminConsent] = {}
        for principal in self._app.app.principals:
            before = [*after, *(consents.values() if not self._args.wanted(principal.key) else ())]
            consents[principal.key] = self._consent(principal, apis, claimant, before)
        self.consents = consents
        self.register_outputs({key: self._output(key) for key in consents})

    def _look_up(self, principal: DocumentedPrincipal) -> Principal:
        app = self._app
        return Principal(
            principal.name,
            tenant_id=app.tenant_id,
            vendor=app.vendor,
            app=app.key,
            display_name=principal.name,
            app_id=principal.app_id,
            identifier_uris=list(app.uris(principal)) or None,
            asks=[] if app.by_admin else self._entries(principal.key),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _consent(
        self,
        principal: DocumentedPrincipal,
        apis: OwnApis,
        claimant: pulumi.Input[str] | None,
        before: Sequence[AdminConsent],
    ) -> AdminConsent:
        app, looked_up = self._app, self.principals[principal.key]
        # `auto` needs one of the two principals: only the consent on the new one fails where neither is there.
        either = app.one_of and principal.key == "new"
        return AdminConsent(
            principal.name,
            tenant_id=app.tenant_id,
            vendor=app.vendor,
            app=app.key,
            edition=app.edition.id,
            mode="additive",
            client=looked_up.object_id,
            address=principal.app_id or app.uris(principal)[0],
            # All of the app's APIs, also where our scopes are withdrawn: they have to be found to be removed.
            apis=api_ids(app.app.permissions, apis),
            permissions=permission_map(self._args.wanted(principal.key), apis),
            required=either or principal.key in app.required,
            alternative=self.principals["old"].state if either else None,
            baseline=looked_up.baseline,
            asked=looked_up.asked,
            claim=app.setting.claim,
            claimant=claimant,
            consents=app.setting.consents,
            # A withdrawal waits until the new principal has everything.
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(before) or None),
        )

    def _entries(self, key: str) -> list[str]:
        """Return what can be claimed, in the form of a Principal's baseline."""
        names_by_api = sorted(self._claimable(key).items())
        return [f"{api}/delegated/{name}" for api, names in names_by_api for name in sorted(names)]

    def _claimable(self, key: str) -> dict[str, list[str]]:
        # A scope of the stack's own API needs no claim: another stack has an API of its own.
        names: dict[str, list[str]] = {}
        for entry in self._args.wanted(key):
            if not entry.on_own_api:
                names.setdefault(entry.permission.api, []).append(entry.name)
        return names

    def _claims_on(self, key: str, baseline: Sequence[str]) -> list[str]:
        names = self._claimable(key)
        if self._app.by_admin:
            baseline = self._entries(key)
        return [tag for api in sorted(names) for tag in claim_tags(key, api, names[api], baseline)]

    def _output(self, key: str) -> dict[str, Any]:
        principal = self.principals[key]
        return {"clientId": principal.client_id, "servicePrincipalId": principal.object_id, "state": principal.state}
