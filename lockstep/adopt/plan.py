"""What the first `up` would do to each app that is taken over: added, removed, kept, left alone, by permission name.

Compares what is documented with what was found, by the same set algebra that the provider writes with. Reads the
consents of the chosen principals; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lockstep.adopt.choice import Choice
from lockstep.adopt.discovery import Discovery, as_consent, names_of, principal_of
from lockstep.audit.records import Application
from lockstep.catalogue import AppKind, DocumentedPermission
from lockstep.consent import SIGN_IN_SCOPES, Consent, ConsentPlan, plan_additive, plan_exact
from lockstep.directory import Graph
from lockstep.directory.consents import SURE, ClientGoneError, look
from lockstep.directory.principals import PrincipalRecord
from lockstep.provider.documented import microsofts_own
from lockstep.settings.stack_app import Expected

OWN = "app:"
_CREATED_BY = "lockstep-created "


@dataclass(frozen=True)
class Difference:
    """A plan, and the names of the APIs in it by app id."""

    plan: ConsentPlan
    names: Mapping[str, str]


@dataclass(frozen=True)
class AppPlan:
    """One app of the stack against the tenant."""

    expected: Expected
    name: str
    state: str
    """`present`, `absent`, `disabled`, or `undecided` where a person has to choose."""
    mode: str
    choice: Choice = field(default_factory=Choice)
    principal: PrincipalRecord | None = None
    configured: Difference | None = None
    consented: Difference | None = None
    claims: frozenset[Consent] = frozenset()
    """Documented, there before us, and taken over by `--claim`."""
    microsofts: frozenset[Consent] = frozenset()
    """Documented, and granted by Microsoft itself: nobody can claim them."""

    @property
    def key(self) -> str:
        """The app's key."""
        return self.expected.app.key

    @property
    def app(self) -> Application | None:
        """The application that is taken over."""
        return self.choice.app

    @property
    def by_admin(self) -> bool:
        """Whether an administrator gives and takes back the consents, so that no `up` changes any of them."""
        return self.expected.by_admin

    @property
    def disabled_scopes(self) -> tuple[str, ...]:
        """The documented exposed scopes that are there and disabled: the next `up` enables them, with their ids."""
        documented = {scope.value for scope in self.expected.app.exposes}
        scopes = self.app.scopes if self.app else ()
        return tuple(scope.value for scope in scopes if scope.value in documented and not scope.enabled)

    @property
    def created_by(self) -> str:
        """The stack that made the service principal of a vendor's app, or nothing."""
        tags = self.principal.tags if self.principal else ()
        return next((tag.removeprefix(_CREATED_BY) for tag in tags if tag.startswith(_CREATED_BY)), "")


async def make_plans(
    graph: Graph, found: Discovery, expected: Sequence[Expected], choices: Mapping[str, Choice], *, claim: bool
) -> list[AppPlan]:
    """Return a plan for each app, and for each principal of a shared one, in the order of `expected`."""
    apis = _own_apis(expected, choices)
    plans: list[AppPlan] = []
    for each in expected:
        if each.kind is AppKind.REGISTRATION:
            plans.append(await _registration(graph, found, each, choices[each.app.key], apis))
        elif each.kind is AppKind.ENTERPRISE_APP:
            plans.append(await _enterprise(graph, found, each))
        else:
            plans += await _shared(graph, found, each, apis, claim=claim)
    return plans


def wanted(
    permissions: Iterable[DocumentedPermission], own: Mapping[str, tuple[str, Mapping[str, str]]]
) -> frozenset[Consent]:
    """Return documented permissions as consents; those of the stack's own APIs by the app id that they have here."""
    found = set()
    for entry in permissions:
        if entry.permission.api.startswith(OWN):
            api, scopes = own.get(entry.api, (entry.permission.api, {}))
            found.add(Consent(api, entry.type, entry.name, scopes.get(entry.name, entry.id)))
        else:
            found.add(Consent(entry.permission.api, entry.type, entry.name, entry.id))
    return frozenset(found)


def _own_apis(expected: Iterable[Expected], choices: Mapping[str, Choice]) -> dict[str, tuple[str, Mapping[str, str]]]:
    """Return app id and scope ids of the stack's own APIs that are in the tenant, by app key."""
    own: dict[str, tuple[str, Mapping[str, str]]] = {}
    for each in expected:
        app = choices[each.app.key].app if each.app.key in choices else None
        if app is not None and each.app.exposes:
            own[each.app.key] = (app.app_id, {scope.value: scope.id for scope in app.scopes})
    return own


async def _registration(
    graph: Graph, found: Discovery, each: Expected, choice: Choice, own: Mapping[str, tuple[str, Mapping[str, str]]]
) -> AppPlan:
    app = choice.app
    if app is None:
        state = "undecided" if choice.refusal else "absent"
        return AppPlan(each, each.name, state, "exact", choice)
    documented = wanted(each.wanted, own)
    names = await names_of(found.apis, app.configured)
    there = frozenset(as_consent(entry, names) for entry in app.configured)
    by_id = {(c.api, c.type, c.id): c for c in there}
    # An entry is known by its id; the names that we know are the better ones.
    same = frozenset(by_id.get((c.api, c.type, c.id), c) for c in documented)
    configured = Difference(plan_exact_entries(same, there), _titles(each, own, {k: v[""] for k, v in names.items()}))
    record = await principal_of(graph, found, app)
    consented = await _consented(graph, found, each, record, documented, own)
    return AppPlan(each, app.name, "present", "exact", choice, record, configured, consented)


def plan_exact_entries(documented: frozenset[Consent], there: frozenset[Consent]) -> ConsentPlan:
    """Return the plan for configured entries: exactly the documented ones, sign-in scopes included."""
    return ConsentPlan(add=documented - there, remove=there - documented, keep=there & documented)


async def _enterprise(graph: Graph, found: Discovery, each: Expected) -> AppPlan:
    record = found.principals.get(each.client_id)
    if record is None:
        return AppPlan(each, each.name, "absent", "exact")
    consented = await _consented(graph, found, each, record, wanted(each.wanted, {}), {})
    return AppPlan(each, each.name, "present", "exact", principal=record, consented=consented)


async def _shared(
    graph: Graph,
    found: Discovery,
    each: Expected,
    own: Mapping[str, tuple[str, Mapping[str, str]]],
    *,
    claim: bool,
) -> list[AppPlan]:
    plans = []
    for principal in each.app.principals:
        record = found.principals.get(principal.key)
        if record is None or not record.enabled:
            state = "absent" if record is None else "disabled"
            plans.append(AppPlan(each, principal.name, state, "additive", principal=record))
            continue
        _record, in_force = await look(graph, found.apis, record.object_id, patience=SURE)
        documented = frozenset[Consent]() if principal.key in each.withdrawn else wanted(each.wanted, own)
        plan = plan_additive(documented, in_force.consents)
        difference = Difference(plan, _titles(each, own, in_force.names))
        microsofts = microsofts_own(record.app_id, plan.keep, in_force.names)
        claims = plan.keep - microsofts if claim and not each.by_admin else frozenset[Consent]()
        plans.append(
            AppPlan(
                each,
                principal.name,
                "present",
                "additive",
                principal=record,
                consented=difference,
                claims=claims,
                microsofts=microsofts,
            )
        )
    return plans


async def _consented(
    graph: Graph,
    found: Discovery,
    each: Expected,
    record: PrincipalRecord | None,
    documented: frozenset[Consent],
    own: Mapping[str, tuple[str, Mapping[str, str]]],
) -> Difference:
    names: Mapping[str, str] = {}
    actual = frozenset[Consent]()
    if record is not None:
        try:
            _record, in_force = await look(graph, found.apis, record.object_id, patience=SURE)
            actual, names = in_force.consents, in_force.names
        except ClientGoneError:
            pass
    tolerated = wanted(each.tolerated, own)
    plan = plan_exact(documented, actual, tolerated=tolerated | SIGN_IN_SCOPES, remove_extra=not each.extras_stay)
    return Difference(plan, _titles(each, own, names))


def _titles(
    each: Expected, own: Mapping[str, tuple[str, Mapping[str, str]]], tenant: Mapping[str, str]
) -> dict[str, str]:
    """Return API names by app id: the catalogue's where it has one, else the tenant's."""
    names = dict(tenant)
    for entry in (*each.app.permissions,):
        api = entry.permission.api
        names[own[entry.api][0] if api.startswith(OWN) and entry.api in own else api] = entry.api_name
    return names
