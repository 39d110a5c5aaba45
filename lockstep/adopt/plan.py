"""What the first `up` would do to each app that is taken over: added, removed, kept, left alone, by permission name.

Compares what is documented with what is there, by the same set algebra that the provider writes with. Reads the
consents of the chosen principals; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lockstep.adopt.choice import Choice
from lockstep.catalogue import AppKind, DocumentedPermission, OwnApi, tenant_ids
from lockstep.catalogue.model import Renewal
from lockstep.catalogue.permission import Permission
from lockstep.consent import Consent, ConsentPlan, plan_additive, plan_exact
from lockstep.directory import Graph
from lockstep.directory.consents import SURE, ClientGoneError, look
from lockstep.directory.identification import Identified
from lockstep.directory.principals import Apis
from lockstep.directory.reading import read_federated
from lockstep.directory.records import (
    ApplicationRecord,
    PrincipalRecord,
    ScopeRecord,
    TenantReading,
    Traits,
)
from lockstep.provider.claims import MARKER, TAG_PREFIX, creators
from lockstep.provider.documented import microsofts_own
from lockstep.settings.stack_app import StackApp
from lockstep.settings.traits import AUDIENCE, FEDERATED, REDIRECTS, beyond, is_exact_https

OwnApis = Mapping[str, OwnApi[str]]
"""App id and scope ids of the stack's own APIs that are in the tenant, by app key."""


@dataclass(frozen=True)
class AppDifference:
    """A plan, and the names of the APIs in it by app id."""

    plan: ConsentPlan
    names: Mapping[str, str]


@dataclass(frozen=True)
class Refused:
    """Something that an application has and the policy pack refuses: the rule, and what takes it away in the portal."""

    what: str
    rule: str
    by_hand: str


_SINGLE = "choose 'Accounts in this organizational directory only' there, if nobody of another tenant signs in to it"
_EXACT = "take it out there, or change it to the exact https:// address"


@dataclass(frozen=True)
class AppPlan:
    """One app of the stack against the tenant."""

    expected: StackApp
    name: str
    state: str
    """`present`, `absent`, `disabled`, or `undecided` where a person has to choose."""
    mode: str
    choice: Choice = field(default_factory=Choice)
    principal: PrincipalRecord | None = None
    configured: AppDifference | None = None
    consented: AppDifference | None = None
    claims: frozenset[Consent] = frozenset()
    """Documented, there before us, and taken over by `--claim`."""
    microsofts: frozenset[Consent] = frozenset()
    """Documented, and granted by Microsoft itself: nobody can claim them."""
    traits: Traits = field(default_factory=dict)
    """What the application and its principal have beside permissions."""

    @property
    def key(self) -> str:
        """The app's key."""
        return self.expected.app.key

    @property
    def app(self) -> ApplicationRecord | None:
        """The application that is taken over."""
        return self.choice.app

    @property
    def disabled_scopes(self) -> tuple[str, ...]:
        """The documented exposed scopes that are there and disabled: the next `up` enables them, with their ids."""
        documented = {scope.value for scope in self.expected.app.exposes}
        scopes = self.app.scopes if self.app else ()
        return tuple(scope.value for scope in scopes if scope.value in documented and not scope.enabled)

    @property
    def renewals(self) -> tuple[Renewal, ...]:
        """What the vendor says of older consents, where this may be one of them."""
        if self.consented is None or self.mode != "exact":
            return ()
        return self.expected.renewals(len(self.consented.plan.add))

    @property
    def created_by(self) -> str:
        """The stack that made the service principal of a vendor's app, or nothing."""
        tags = self.principal.tags if self.principal else ()
        return next(iter(creators(tags)), "")

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What the first `up` will refuse although the stack file keeps it, each with the rule that does."""
        loose = [uri for name in REDIRECTS for uri in self.traits.get(name, ()) if not is_exact_https(uri)]
        refused = [
            Refused(f"users of other tenants can sign in (signInAudience {audience})", "single-tenant-only", _SINGLE)
            for audience in self.traits.get(AUDIENCE, ())
        ]
        refused += [
            Refused(f"the redirect URI {uri} is not an exact https:// address", "https-redirects-only", _EXACT)
            for uri in loose
        ]
        return tuple(refused)

    @property
    def keeps(self) -> dict[str, Any]:
        """What an application keeps that was not ours before, as the settings of a stack file; nothing of any other.

        Everything that azuread would otherwise bring to our own words: display name, identifier URIs, tags, and where
        the stack manages them exposed scopes. And what gives somebody something beside permissions (`keeps`), which the
        policy pack refuses unless it is named. The rest (logo, notes, owners) needs no setting: it is left alone.

        Of one that was adopted before, nothing but what has come to it beside permissions, and everything where nobody
        has written that down yet.
        """
        app = self.app
        if app is None or (self.choice.managed and self.expected.adopted is None):
            return {}
        kept = {name: list(words) for name, words in sorted(self.traits.items())}
        if self.choice.managed and (before := self.expected.adopted) is not None:
            if not beyond(self.traits, self.expected.may_have):
                return {}
            return {**before.model_dump(mode="json", by_alias=True, exclude_defaults=True), "keeps": kept}
        lists: dict[str, Any] = {
            "identifierUris": list(app.identifier_uris),
            "tags": [tag for tag in app.tags if tag != MARKER and not tag.startswith(TAG_PREFIX)],
            "scopes": [_kept_scope(scope) for scope in app.scopes] if self.expected.app.exposes else [],
            "keeps": kept,
        }
        return {"displayName": app.name, "clientId": app.app_id, **{name: kept for name, kept in lists.items() if kept}}


def _kept_scope(scope: ScopeRecord) -> dict[str, Any]:
    enabled = {} if scope.enabled else {"enabled": False}
    return {"id": scope.id, "value": scope.value, "type": scope.type or "User", **enabled, **scope.texts}


def adopted_settings(plans: Iterable[AppPlan]) -> dict[str, dict[str, Any]]:
    """Return the entry of the setting `adopted` for each application that is taken over now, by app key."""
    return {plan.key: keeps for plan in plans if (keeps := plan.keeps)}


async def make_plans(
    graph: Graph,
    reading: TenantReading,
    expected: Sequence[StackApp],
    identified: Sequence[Identified],
    choices: Mapping[str, Choice],
    *,
    claim: bool,
) -> list[AppPlan]:
    """Return a plan for each app, and for each principal of a shared one, in the order of `expected`."""
    own = {
        key: OwnApi(choice.app.app_id, {scope.value: scope.id for scope in choice.app.scopes})
        for key, choice in choices.items()
        if choice.app
    }
    planner = _Planner(graph, reading, own, claim=claim)
    plans: list[AppPlan] = []
    for app in expected:
        entries = [
            entry for entry in identified if (entry.sought.vendor, entry.sought.key) == (app.vendor, app.app.key)
        ]
        if app.kind is AppKind.REGISTRATION:
            plans.append(await planner.registration(app, choices[app.app.key]))
        elif app.kind is AppKind.ENTERPRISE_APP:
            plans.append(await planner.enterprise(app, entries[0].principal))
        else:
            plans += [await planner.shared(app, entry) for entry in entries]
    return plans


class _Planner:
    """Makes the plan of one app after the other; what an API offers is read once."""

    def __init__(self, graph: Graph, reading: TenantReading, own: OwnApis, *, claim: bool) -> None:
        self._graph = graph
        self._reading = reading
        self._own = own
        self._claim = claim
        self._apis = Apis(graph)

    async def registration(self, expected: StackApp, choice: Choice) -> AppPlan:
        """Return the plan of an application and its principal."""
        app = choice.app
        if app is None:
            state = "undecided" if choice.refusal else "absent"
            return AppPlan(expected, expected.name, state, "exact", choice)
        documented = self._wanted(expected.wanted)
        configured, names = await self._configured(app)
        by_id = {(c.api, c.type, c.id): c for c in configured}
        # An entry is known by its id; the names that we know are the better ones.
        same = frozenset(by_id.get((c.api, c.type, c.id), c) for c in documented)
        # Exactly the documented ones are to stay, sign-in scopes included.
        plan = ConsentPlan(add=same - configured, remove=configured - same, keep=configured & same)
        difference = AppDifference(plan, self._titles(expected, names))
        record = self._reading.principal(app.app_id)
        consented = await self._consented(expected, record, documented)
        trusted = await read_federated(self._graph, app.object_id, patience=SURE)
        traits = {
            **app.traits,
            **({FEDERATED: tuple(sorted(credential.words for credential in trusted))} if trusted else {}),
            **(record.traits if record else {}),
        }
        return AppPlan(expected, app.name, "present", "exact", choice, record, difference, consented, traits=traits)

    async def enterprise(self, expected: StackApp, record: PrincipalRecord | None) -> AppPlan:
        """Return the plan of a vendor's own app."""
        if record is None:
            return AppPlan(expected, expected.name, "absent", "exact")
        consented = await self._consented(expected, record, self._wanted(expected.wanted))
        return AppPlan(expected, expected.name, "present", "exact", principal=record, consented=consented)

    async def shared(self, expected: StackApp, identified: Identified) -> AppPlan:
        """Return the plan of one of the principals behind a shared app."""
        record, key = identified.principal, identified.principal_key
        if record is None or not record.enabled:
            state = "absent" if record is None else "disabled"
            return AppPlan(expected, identified.name, state, "additive", principal=record)
        _record, in_force = await look(self._graph, self._apis, record.object_id, patience=SURE)
        documented = frozenset[Consent]() if key in expected.withdrawn else self._wanted(expected.wanted)
        plan = plan_additive(documented, in_force.consents)
        microsofts = microsofts_own(record.app_id, plan.keep, in_force.names)
        return AppPlan(
            expected,
            identified.name,
            "present",
            "additive",
            principal=record,
            consented=AppDifference(plan, self._titles(expected, in_force.names)),
            claims=plan.keep - microsofts if self._claim and not expected.by_admin else frozenset[Consent](),
            microsofts=microsofts,
        )

    async def _configured(self, app: ApplicationRecord) -> tuple[frozenset[Consent], dict[str, str]]:
        """Return the configured entries in the form of consents, so that both are compared and shown alike, and the
        display names of their APIs by app id."""
        records = await self._apis.by_app_id({entry.api for entry in app.configured})

        def consent(entry: Permission) -> Consent:
            offers = records[entry.api].offered(entry.type) if entry.api in records else ()
            name = next((offer.value for offer in offers if offer.id == entry.id), "")
            return Consent(entry.api, entry.type, name or entry.id, entry.id)

        names = {api: records[api].display_name if api in records else api for api in {e.api for e in app.configured}}
        return frozenset(map(consent, app.configured)), names

    async def _consented(
        self, expected: StackApp, record: PrincipalRecord | None, documented: frozenset[Consent]
    ) -> AppDifference:
        names: Mapping[str, str] = {}
        actual = frozenset[Consent]()
        if record is not None:
            try:
                _record, in_force = await look(self._graph, self._apis, record.object_id, patience=SURE)
                actual, names = in_force.consents, in_force.names
            except ClientGoneError:
                pass
        tolerated = self._wanted(expected.tolerated)
        remove = not expected.extras_stay
        plan = plan_exact(documented, actual, tolerated=tolerated, remove_extra=remove)
        return AppDifference(plan, self._titles(expected, names))

    def _wanted(self, permissions: Iterable[DocumentedPermission]) -> frozenset[Consent]:
        """Return documented permissions as consents; those of our own APIs by the app id that they have here."""
        return frozenset(
            Consent(api, entry.type, entry.name, id_)
            for entry in permissions
            for api, id_ in [tenant_ids(entry, self._own)]
        )

    def _titles(self, expected: StackApp, tenant: Mapping[str, str]) -> dict[str, str]:
        """Return API names by app id: the catalogue's where it has one, else the tenant's."""
        return {**tenant, **{tenant_ids(e, self._own)[0]: e.api_name for e in expected.app.permissions}}
