"""Every documented permission of every edition passes, and each of its look-alikes is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lockstep.catalogue import (
    GRAPH,
    OWN_API,
    SHAREPOINT,
    App,
    AppKind,
    DocumentedPermission,
    PermissionType,
    apis,
    load,
)
from tests.policy.service import APPLICATION, CONSENT, UNKNOWN, Pack, application, consent, make_world

CONFIGURED = "only-documented-permissions-configured"
CONSENTED = "only-documented-permissions-consented"
OTHER_API = {GRAPH: SHAREPOINT, SHAREPOINT: GRAPH}
NOWHERE = "0badc0de-0000-4000-8000-000000000001"

Row = tuple[str, str, App, DocumentedPermission]


def _rows() -> Iterator[Row]:
    for vendor in load().vendors:
        for edition in load().editions(vendor):
            for app in edition.apps:
                for entry in app.permissions:
                    yield vendor, edition.id, app, entry


ROWS = list(_rows())


def _id(row: Row) -> str:
    vendor, edition, app, entry = row
    return f"{vendor} {edition} {app.key} {entry.api} {entry.type.value} {entry.name}"


def test_the_table_has_every_permission_of_every_edition() -> None:
    found = {vendor: len(load().editions(vendor)) for vendor in load().vendors}
    assert found == {"atera": 1, "atlas": 2}
    assert len(ROWS) == sum(
        len(app.permissions) for vendor in found for each in load().editions(vendor) for app in each.apps
    )
    assert len(ROWS) > 150


class _Packs:
    """Packs that have seen an app's component, each made once in a run of the tests."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, ...], tuple[Pack, App, str]] = {}

    def of(self, vendor: str, edition: str, app_key: str, twins: str) -> tuple[Pack, App, str]:
        """Return the pack, the app, and the component's URN."""
        key = (vendor, edition, app_key, twins)
        if key not in self._made:
            pack = Pack(make_world(None, {"atera": {"possible": twins}}, editions=json.dumps({vendor: edition})))
            app = load().edition(vendor, edition).app(app_key)
            self._made[key] = pack, app, pack.component(app, vendor)
        return self._made[key]


@pytest.fixture(scope="module")
def packs() -> _Packs:
    return _Packs()


class _Asks:
    """Asks for one permission as the app's kind allows: configured for own registrations, consented for all."""

    def __init__(self, packs: _Packs, row: Row, twins: str = "require") -> None:
        self.vendor, edition, app, self.entry = row
        self.pack, self.app, self.parent = packs.of(self.vendor, edition, app.key, twins)

    @property
    def api(self) -> str:
        api = self.entry.permission.api
        return UNKNOWN if api.startswith(OWN_API) else api

    def configured(self, api: str, *entries: tuple[str, str]) -> list[str]:
        props = application(self.app, {api: entries})
        return self.pack.judge(APPLICATION, props, parent=self.parent)

    def consented(
        self, type_: str, name: str, id_: str, *, api: str | None = None, key: str = "permissions"
    ) -> list[str]:
        props = consent(self.app, self.vendor, self.pack.world, {})
        props[key] = {self.entry.api_name: {type_: {name: id_}}}
        if api is not None:
            props["apis"] = {**props["apis"], self.entry.api_name: api}
        return self.pack.judge(CONSENT, props, parent=self.parent)


@pytest.mark.parametrize("row", ROWS, ids=_id)
def test_a_documented_permission_passes(row: Row, packs: _Packs) -> None:
    asks, entry = _Asks(packs, row), row[3]
    assert asks.consented(entry.type.value, entry.name, entry.id) == []
    assert asks.consented(entry.type.value, entry.name, entry.id, key="tolerated") == []
    if asks.app.kind is AppKind.REGISTRATION:
        assert asks.configured(asks.api, (entry.id, entry.type.entra)) == []


# The configured permissions of other kinds of apps are not ours to set: there the application itself is refused.
@pytest.mark.parametrize("row", [row for row in ROWS if row[2].kind is AppKind.REGISTRATION], ids=_id)
def test_its_look_alikes_are_refused_when_configured(row: Row, packs: _Packs) -> None:
    asks, entry = _Asks(packs, row), row[3]
    right = (entry.id, entry.type.entra)
    refused = {
        "a duplicate": asks.configured(asks.api, right, right),
        "upper case": asks.configured(asks.api, (entry.id.upper(), entry.type.entra)),
        "an id that is on no API": asks.configured(asks.api, (NOWHERE, entry.type.entra)),
        "a neighbour": asks.configured(asks.api, (_neighbour(asks.app, entry), entry.type.entra)),
        "another word for the type": asks.configured(asks.api, (entry.id, entry.type.entra.lower())),
        "an unknown id": asks.configured(asks.api, (UNKNOWN, entry.type.entra)),
        "an unknown type": asks.configured(asks.api, (entry.id, UNKNOWN)),
    }
    if not _documented(asks.app, asks.api, _other(entry.type), entry.id):
        refused["the other type"] = asks.configured(asks.api, (entry.id, _other(entry.type).entra))
    if asks.api != UNKNOWN:
        refused["the API in capitals"] = asks.configured(asks.api.upper(), right)
        if not _documented(asks.app, OTHER_API[asks.api], entry.type, entry.id):
            refused["the same id on another API"] = asks.configured(OTHER_API[asks.api], right)
        refused["under an API that is unknown"] = asks.configured(UNKNOWN, right)
    else:
        refused["on Graph"] = asks.configured(GRAPH, right)
    assert {name: found for name, found in refused.items() if found != [CONFIGURED]} == {}


@pytest.mark.parametrize("row", ROWS, ids=_id)
def test_its_look_alikes_are_refused_when_consented(row: Row, packs: _Packs) -> None:
    asks, entry = _Asks(packs, row), row[3]
    type_, name, id_ = entry.type.value, entry.name, entry.id
    neighbour = _neighbour(asks.app, entry)
    refused = {
        "upper case": asks.consented(type_, name, id_.upper()),
        "an id that is on no API": asks.consented(type_, name, NOWHERE),
        "a neighbour's id": asks.consented(type_, name, neighbour),
        "a neighbour's name": asks.consented(type_, f"{name}X", id_),
        "another word for the type": asks.consented(entry.type.entra, name, id_),
        "an unknown id": asks.consented(type_, name, UNKNOWN),
        "tolerated in place": asks.consented(type_, name, neighbour, key="tolerated"),
    }
    if not _documented(asks.app, asks.api, _other(entry.type), id_):
        refused["the other type"] = asks.consented(_other(entry.type).value, name, id_)
    if asks.api != UNKNOWN:
        refused["another API under its name"] = asks.consented(type_, name, id_, api=OTHER_API[asks.api])
        refused["an unknown API"] = asks.consented(type_, name, id_, api=UNKNOWN)
    else:
        refused["Graph under its name"] = asks.consented(type_, name, id_, api=GRAPH)
    assert {case: found for case, found in refused.items() if found != [CONSENTED]} == {}


@pytest.mark.parametrize("row", [row for row in ROWS if not row[3].certain], ids=_id)
def test_what_is_only_possible_is_tolerated_and_not_consented_unless_the_stack_requires_it(
    row: Row, packs: _Packs
) -> None:
    entry = row[3]
    asks = _Asks(packs, row, "tolerate")
    assert asks.consented(entry.type.value, entry.name, entry.id) == [CONSENTED]
    assert asks.consented(entry.type.value, entry.name, entry.id, key="tolerated") == []
    # An application has no place in such an app either; what it is configured with is refused all the same.
    assert CONFIGURED in asks.configured(asks.api, (entry.id, entry.type.entra))
    assert CONFIGURED not in _Asks(packs, row).configured(asks.api, (entry.id, entry.type.entra))
    refuses = _Asks(packs, row, "refuse")
    assert refuses.consented(entry.type.value, entry.name, entry.id, key="tolerated") == [CONSENTED]


def _other(type_: PermissionType) -> PermissionType:
    return PermissionType.APPLICATION if type_ is PermissionType.DELEGATED else PermissionType.DELEGATED


def _documented(app: App, api: str, type_: PermissionType, id_: str) -> bool:
    return any((each.permission.api, each.type, each.id) == (api, type_, id_) for each in app.permissions)


def _neighbour(app: App, entry: DocumentedPermission) -> str:
    """Return the id of a permission of the same API and type whose name begins alike, and that is not documented."""
    api = next((each for each in apis().values() if each.app_id == entry.permission.api), apis()["graph"])
    documented = {each.id for each in app.permissions}
    others = [each for each in api.permissions if each.type is entry.type and each.id not in documented]
    stem = entry.name.partition(".")[0]
    return next((each.id for each in others if each.name.startswith(f"{stem}.")), others[0].id)
