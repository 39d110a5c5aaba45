"""The azuread model against the emulator: the recorded requests, life cycles, and what is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from lockstep.deployment import load_state
from lockstep.emulator import Emulator
from lockstep.rehearsal import Killed, Rehearsal, local_plugins, read_import_document
from tests.rehearsal.conftest import PROGRAMS, SIGN_IN, Boxes, steps

GRAPH = "00000003-0000-0000-c000-000000000000"
USER_READ_ALL = ("Role", "df021288-bdef-4463-88db-98f22de89214")
SITES_READ_ALL = ("Role", "332a536c-c7ef-4017-ab91-336970924f0d")
SCOPE = "7b1b3d0e-0000-4000-8000-000000000001"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def _apps(*entries: dict[str, Any]) -> dict[str, str]:
    return {"apps": json.dumps(list(entries))}


def _requests(emulator: Emulator, since: int = 0) -> list[dict[str, Any]]:
    return [entry for entry in list(emulator.log)[since:] if "/oauth2/" not in entry["path"]]


def _app(emulator: Emulator) -> dict[str, Any]:
    """Return the one application besides the deployer's own."""
    (app,) = (app for app in emulator.snapshot()["applications"] if app["displayName"] != "Lockstep deployer")
    return app


def _shape(entry: dict[str, Any]) -> tuple[str, str, int]:
    path = entry["path"].split("?")[0]
    return entry["method"], _GUID.sub("ID", path), entry["status"]


def test_requests_of_a_create_are_the_recorded_ones(apps: Boxes, emulator: Emulator, recorded: dict[str, Any]) -> None:
    result = apps(**_apps({"name": "one", "owned": False, "access": {GRAPH: [USER_READ_ALL]}, "principal": False})).up()
    assert result.exit_code == 0
    ours = [e for e in _requests(emulator) if "/applications" in e["path"]]
    assert [_shape(e) for e in ours] == [_shape(e) for e in recorded["requests"]["application"]]
    bodies = [set(e["body"]) for e in ours if e["method"] == "POST"]
    assert bodies == [set(e["body"]) for e in recorded["requests"]["application"] if e["method"] == "POST"]


def test_requests_of_a_principal_are_the_recorded_ones(
    apps: Boxes, emulator: Emulator, recorded: dict[str, Any]
) -> None:
    apps(**_apps({"name": "one"})).up()
    ours = [e for e in _requests(emulator) if "/servicePrincipals/" in e["path"] or e["method"] == "POST"]
    ours = [e for e in ours if "/servicePrincipals" in e["path"]][-5:]
    theirs = [e for e in recorded["requests"]["servicePrincipal"] if e["method"] != "DELETE"]  # the caller stays owner
    assert [_shape(e)[:2] for e in ours if "samlMetadataUrl" not in str(e.get("query"))][:2] == [
        _shape(e)[:2] for e in theirs
    ][:2]


def test_life_cycle_of_an_application(apps: Boxes, emulator: Emulator) -> None:
    before = emulator.snapshot()
    first = {"name": "one", "access": {GRAPH: [USER_READ_ALL]}, "scopes": [SCOPE], "subjects": ["main"], "tags": ["t"]}
    preview = apps(**_apps(first)).preview()
    assert preview.changes == {"create": 4}
    assert emulator.snapshot() == before
    created = apps(**_apps(first)).up()
    assert created.changes == {"create": 4}
    app = _app(emulator)
    assert (app["displayName"], app["appId"], app["tags"]) == ("one", created.outputs["one"], ["t"])
    assert app["api"]["oauth2PermissionScopes"][0]["value"] == "Use.All"
    mark = len(emulator.log)
    assert not apps(**_apps(first)).up(refresh=True).changed
    assert [e for e in _requests(emulator, mark) if e["method"] != "GET"] == []
    changed = {
        **first,
        "access": {GRAPH: [SITES_READ_ALL, USER_READ_ALL]},
        "notes": "n",
        "subjects": ["other"],
        "scopes": [],
    }
    result = apps(**_apps(changed)).up()
    assert result.exit_code == 0
    assert steps(result) == {"one": "same", "one main": "delete", "one other": "create"}
    app = _app(emulator)
    assert [entry["id"] for entry in app["requiredResourceAccess"][0]["resourceAccess"]] == [
        SITES_READ_ALL[1],
        USER_READ_ALL[1],
    ]
    assert (app["notes"], app["api"]["oauth2PermissionScopes"]) == ("n", [])
    assert apps().destroy().exit_code == 0
    after = emulator.snapshot()
    assert {key: value for key, value in after.items() if key != "deletedItems"} == {
        key: value for key, value in before.items() if key != "deletedItems"
    }


def test_drift_is_found_by_refresh_and_healed(apps: Boxes, emulator: Emulator) -> None:
    settings = _apps({"name": "one", "access": {GRAPH: [USER_READ_ALL]}})
    apps(**settings).up()
    app = _app(emulator)
    drifted = [
        {"resourceAppId": GRAPH, "resourceAccess": [{"id": i, "type": t} for t, i in (USER_READ_ALL, SITES_READ_ALL)]}
    ]
    _patch(emulator, f"/v1.0/applications/{app['id']}", {"requiredResourceAccess": drifted, "notes": "from the portal"})
    assert not apps(**settings).preview().changed
    preview = apps(**settings).preview(refresh=True)
    step = next(step for step in preview.steps if str(step.op) == "update")
    assert {path: str(kind) for path, kind in step.detailed_diff.items()} == {
        "requiredResourceAccesses[0].resourceAccesses[1]": "delete",
        "notes": "delete",
    }
    assert apps(**settings).up(refresh=True).exit_code == 0
    app = _app(emulator)
    assert len(app["requiredResourceAccess"][0]["resourceAccess"]) == 1
    assert not app["notes"]


def test_deleted_application_is_made_again_after_a_refresh(apps: Boxes, emulator: Emulator) -> None:
    apps(**_apps({"name": "one", "principal": False})).up()
    app = _app(emulator)
    _send(emulator, "DELETE", f"/v1.0/applications/{app['id']}")
    result = apps(**_apps({"name": "one", "principal": False})).up(refresh=True)
    assert steps(result)["one"] == "create"


@pytest.mark.parametrize("operation", ["preview", "up"])
def test_second_application_of_a_name_is_refused(apps: Boxes, emulator: Emulator, operation: str) -> None:
    apps(**_apps({"name": "one"})).up()
    before = emulator.snapshot()
    result = getattr(apps(**_apps({"name": "one"}, {"name": "two", "displayName": "one"})), operation)()
    assert result.exit_code == 1
    assert "an application named 'one' exists already" in result.errors[0]
    assert emulator.snapshot() == before


def test_import_takes_over_and_the_next_up_reconciles(apps: Boxes, emulator: Emulator, state: Any) -> None:
    apps(**_apps({"name": "one", "access": {GRAPH: [USER_READ_ALL]}})).up()
    snapshot = emulator.snapshot()
    app = _app(emulator)
    principal = next(entry for entry in snapshot["servicePrincipals"] if entry["appId"] == app["appId"])
    state.unlink()
    document = {
        "resources": [
            {
                "type": "azuread:index/application:Application",
                "name": "one",
                "id": f"/applications/{app['id']}",
                "version": "6.11.1",
            },
            {
                "type": "azuread:index/servicePrincipal:ServicePrincipal",
                "name": "one sp",
                "logicalName": "one",
                "id": f"/servicePrincipals/{principal['id']}",
                "version": "6.11.1",
            },
        ]
    }
    assert apps().import_(read_import_document(document)).changes == {"import": 2}
    assert all(entry.protect for entry in load_state(state).resources if entry.type.startswith("azuread"))
    result = apps(**_apps({"name": "one", "access": {GRAPH: [SITES_READ_ALL]}})).up()
    assert result.exit_code == 0
    assert result.changes["create"] == 0
    assert _app(emulator)["id"] == app["id"]


@pytest.mark.parametrize(
    "id_", ["0c96fba9-6142-54a0-befa-de43bae14227", "/servicePrincipals/0c96fba9-6142-54a0-befa-de43bae14227"]
)
def test_import_ids_must_name_their_collection(apps: Boxes, id_: str) -> None:
    result = apps(**_apps({"name": "one", "import": id_})).up()
    assert "must look like /applications/<object id>" in result.errors[0]


def test_certificate_is_added_and_removed_and_may_be_stored(apps: Boxes, emulator: Emulator) -> None:
    assert apps(**_apps({"name": "one", "certificate": CERTIFICATE})).up().exit_code == 0
    assert len(_app(emulator)["keyCredentials"]) == 1
    assert not apps(**_apps({"name": "one", "certificate": CERTIFICATE})).up().changed
    assert apps(**_apps({"name": "one"})).up().exit_code == 0
    assert _app(emulator)["keyCredentials"] == []


def test_private_key_is_refused_and_never_shown(apps: Boxes, state: Any) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n"
    result = apps(**_apps({"name": "one", "certificate": key})).up()
    assert result.exit_code == 1
    assert "private key" in result.errors[0]
    assert "hush" not in state.read_text() + str(result.errors)


def test_types_that_are_not_modelled_are_named(apps: Boxes, emulator: Emulator) -> None:
    result = apps(group="true").preview()
    assert result.exit_code == 2
    assert "rehearsal does not model azuread:index/group:Group" in result.errors[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ARM_CLIENT_SECRET": "wrong"}, "could not sign in"),
        ({"ARM_CLIENT_SECRET": ""}, "ARM_CLIENT_SECRET"),
    ],
)
def test_sign_in_failures_are_one_line_without_the_secret(
    emulator: Emulator, change: dict[str, str], message: str
) -> None:
    plugins = local_plugins(lambda: httpx.ASGITransport(emulator.app), SIGN_IN | change)
    result = Rehearsal(PROGRAMS / "apps", "dev", _apps({"name": "one"}), plugins=plugins).up()
    assert result.exit_code == 3 or "azuread:tenantId" in result.errors[0]
    rehearsal = Rehearsal(
        PROGRAMS / "apps",
        "dev",
        _apps({"name": "one"}) | {"azuread:tenantId": SIGN_IN["ARM_TENANT_ID"]},
        plugins=plugins,
    )
    result = rehearsal.up()
    assert (result.exit_code, len(result.errors)) == (3, 1)
    assert message in result.errors[0]
    assert "wrong" not in result.errors[0]


@pytest.mark.parametrize("moment", [0, 1, 3, 5, 7, 9, 11, 13])
def test_kill_at_a_write_never_doubles_and_never_loses(apps: Boxes, emulator: Emulator, moment: int) -> None:
    settings = _apps({"name": "one", "scopes": [SCOPE], "subjects": ["main"], "certificate": CERTIFICATE})
    count = iter(range(1000))

    def kill(_write: object) -> None:
        if next(count) == moment:
            raise Killed

    emulator.on_write.append(kill)
    with pytest.raises(Killed):
        apps(**settings).up()
    emulator.on_write.clear()
    assert apps(**settings).up().exit_code == 0
    assert len(_app(emulator)["keyCredentials"]) == 1
    assert not apps(**settings).up(refresh=True).changed


def _patch(emulator: Emulator, path: str, body: dict[str, Any]) -> None:
    _send(emulator, "PATCH", path, body)


def _send(emulator: Emulator, method: str, path: str, body: dict[str, Any] | None = None) -> None:
    import asyncio

    async def send() -> int:
        transport = httpx.ASGITransport(emulator.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://localhost:8443") as http:
            answer = await http.post(
                f"/{SIGN_IN['ARM_TENANT_ID']}/oauth2/v2.0/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": SIGN_IN["ARM_CLIENT_ID"],
                    "client_secret": SIGN_IN["ARM_CLIENT_SECRET"],
                    "scope": "https://localhost:8443/.default",
                },
            )
            token = answer.json()["access_token"]
            response = await http.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})
            return response.status_code

    assert asyncio.run(send()) == 204
