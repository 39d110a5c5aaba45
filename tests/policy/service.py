"""Asks the pack through the analyzer service in process: real messages, unpacked by the SDK, with its proxies.

Nothing here hands a rule a plain dict: what a proxy does with an unknown is half of what is tested.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from lockstep.catalogue import App, AppKind, load
from lockstep.policy.analyzer import Analyzer
from lockstep.policy.apps import COMPONENT_OF
from lockstep.policy.judging import Judge
from lockstep.policy.rules import EXCEPTION_USED, RULES, rules_by_name
from lockstep.policy.world import World, read_world
from tests.settings.reading import APPS, ATERA, LOCAL_TENANT, OPTIONAL, apps, config

TODAY = datetime.date(2026, 11, 24)
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
STACK_URN = "urn:pulumi:test::lockstep::pulumi:pulumi:Stack::lockstep-test"
APPLICATION = "azuread:index/application:Application"
SERVICE_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
CONSENT = "entraconsent:index:AdminConsent"
PRINCIPAL = "entraconsent:index:Principal"


@dataclass(frozen=True)
class Said:
    """One answer of the pack."""

    rule: str
    level: str
    message: str
    urn: str


def make_world(
    folder: Path | None = None,
    of_apps: Mapping[str, Mapping[str, Any] | None] | None = None,
    *,
    project: str = "lockstep",
    **settings: str,
) -> World:
    """Return the world of a local stack `test` with everything in it; `folder` holds its exceptions."""
    environ = {
        "PULUMI_PROJECT": project,
        "PULUMI_STACK": "test",
        "PULUMI_CONFIG": json.dumps(config(**{"apps": apps(of_apps or {}, {**APPS, **OPTIONAL}), **settings})),
    }
    return read_world(folder or Path("/nowhere"), environ, rules_by_name(), TODAY)


def edition_of(world: World, vendor: str) -> str:
    """Return the edition of a vendor that a stack declares."""
    return next(app.edition.id for app in world.apps.values() if app.vendor == vendor)


class Pack:
    """The pack on one stack."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or make_world()
        self.service = Analyzer(Judge(self.world, RULES, EXCEPTION_USED))
        self.urns: dict[str, str] = {}

    def ask(
        self, type_: str, name: str, props: Mapping[str, Any], *, parent: str = STACK_URN, provider: str = "default"
    ) -> list[Said]:
        """Return what the pack says to a resource, in its order."""
        return _read(self.service.Analyze(request(type_, name, props, parent=parent, provider=provider), None))

    def component(self, app: App, vendor: str, **changed: Any) -> str:
        """Register the component of an app and return its URN; it has to pass."""
        type_ = COMPONENT_OF[app.kind]
        props = {"vendor": vendor, "app": app.key, "edition": edition_of(self.world, vendor), **changed}
        assert self.ask(type_, app.name, props) == []
        return make_urn(type_, app.name, STACK_URN)

    def judge(self, type_: str, props: Mapping[str, Any], **options: Any) -> list[str]:
        """Return the names of the rules that refuse a resource."""
        return refusing(self.ask(type_, "it", props, **options))

    def stack(self, resources: Sequence[Mapping[str, Any]]) -> list[Said]:
        """Return what the stack rules say to these resources (urn, type, props, dependencies)."""
        entries = []
        for each in resources:
            entry = analyzer_pb2.AnalyzerResource(
                urn=each["urn"],
                type=each["type"],
                name=each["urn"].rpartition("::")[2],
                properties=struct(each["props"]),
            )
            for key, urns in each.get("dependencies", {}).items():
                entry.propertyDependencies[key].urns.extend(urns)
            entries.append(entry)
        return _read(self.service.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=entries), None))


def refusing(said: Sequence[Said]) -> list[str]:
    """Return the names of the rules that refuse, each once, in order."""
    return list(dict.fromkeys(each.rule for each in said if each.level == "mandatory"))


def request(type_: str, name: str, props: Mapping[str, Any], *, parent: str = "", provider: str = "") -> Any:
    """Return the request that an engine sends for a resource."""
    sent = analyzer_pb2.AnalyzeRequest(
        type=type_,
        name=name,
        urn=make_urn(type_, name, parent),
        properties=struct(props),
        options=analyzer_pb2.AnalyzerResourceOptions(parent=parent),
    )
    if provider and not type_.startswith("pulumi:") and not type_.startswith("lockstep:"):
        package = f"pulumi:providers:{type_.partition(':')[0]}"
        sent.provider.CopyFrom(
            analyzer_pb2.AnalyzerProviderResource(
                type=package, name=provider, urn=make_urn(package, provider, ""), properties=struct({})
            )
        )
    return sent


def struct(props: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return properties as they go over the wire; an unknown is its sentinel."""
    found = struct_pb2.Struct()
    found.update(dict(props))
    return found


def make_urn(type_: str, name: str, parent: str) -> str:
    """Return a URN as the engine makes it."""
    chain = parent.split("::")[2] if parent and "pulumi:pulumi:Stack" not in parent else ""
    return f"urn:pulumi:test::lockstep::{f'{chain}$' if chain else ''}{type_}::{name}"


def application(app: App, accesses: Mapping[str, Sequence[tuple[str, str]]], **changed: Any) -> dict[str, Any]:
    """Return the checked inputs of an app's Application, with the keys that the engine adds to nested objects."""
    return {
        "displayName": app.name,
        "preventDuplicateNames": True,
        "signInAudience": "AzureADMyOrg",
        "requiredResourceAccesses": [
            {
                "__defaults": [],
                "resourceAppId": api,
                "resourceAccesses": [{"__defaults": [], "id": id_, "type": type_} for id_, type_ in entries],
            }
            for api, entries in accesses.items()
        ],
        **changed,
    }


def consent(app: App, vendor: str, world: World, permissions: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """Return the inputs of an app's AdminConsent."""
    shared = app.kind is AppKind.SHARED_PRINCIPAL
    address = {
        AppKind.REGISTRATION: UNKNOWN,
        AppKind.ENTERPRISE_APP: ATERA,
        AppKind.SHARED_PRINCIPAL: "08e18876-6177-487e-b8b5-cf950c1e598c",
    }[app.kind]
    apis = {entry.api_name: UNKNOWN if entry.on_own_api else entry.permission.api for entry in app.permissions}
    return {
        "tenantId": LOCAL_TENANT,
        "vendor": vendor,
        "app": app.key,
        "edition": edition_of(world, vendor),
        "mode": "additive" if shared else "exact",
        "client": UNKNOWN,
        "address": address,
        "apis": apis,
        "permissions": permissions,
        **changed,
    }


def app(vendor: str, key: str, edition: str = "current") -> App:
    """Return an app of the catalogue."""
    return load().edition_as_of(vendor, edition).app(key)


def _read(answer: Any) -> list[Said]:
    levels = {analyzer_pb2.ADVISORY: "advisory", analyzer_pb2.MANDATORY: "mandatory"}
    return [
        Said(entry.policyName, levels[entry.enforcementLevel], entry.message, entry.urn) for entry in answer.diagnostics
    ]
