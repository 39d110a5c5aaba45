"""What a documented permission lets its holder do, and how dangerous that is.

The sentences are ours (`data/meanings.json`); a tier is public, with our own one-line reason (`data/risk-tiers.json`).
A private catalogue has files of the same names for what Lockstep says nothing of, and changes nothing of what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from lockstep.catalogue.api import apis, data
from lockstep.catalogue.model import DocumentedPermission
from lockstep.catalogue.permission import OWN_API, Permission, PermissionType
from lockstep.catalogue.private import kept, private_file
from lockstep.errors import nearest
from lockstep.yaml_file import Node


@dataclass(frozen=True, slots=True)
class Risk:
    """The tier of one permission: 0 control plane, 1 management plane, 2 user access, None where nobody tiered it."""

    permission: Permission
    name: str
    tier: int | None
    level: str | None
    service: str | None
    reason: str
    source: str | None = None
    """Where the tier is from, where that is not the source of all tiers."""


@dataclass(frozen=True, slots=True)
class RiskSource:
    """Where the tiers come from, and when they were read."""

    source: str
    snapshot: str


def risk_source() -> RiskSource:
    """Return the source of all tiers."""
    return RiskSource(data("risk-tiers.json")["source"], data("risk-tiers.json")["snapshot"])


def risk(permission: Permission) -> Risk | None:
    """Return the risk of a permission, or None when no edition documents it."""
    return _risks().get(permission)


@kept
def _risks() -> dict[Permission, Risk]:
    risks = {risk.permission: risk for risk in map(_risk, data("risk-tiers.json")["tiers"])}
    root = private_file("risk-tiers.json")
    for node in root.fields["tiers"].items if root else ():
        row = node.value()
        _refuse_unknown(node, row["api"], row["type"], row["name"], row["id"])
        risk = _risk(row)
        if risk.permission in risks:
            raise node.refuse(f"{row['name']} has a tier already, which a private one never changes; take it out")
        risks[risk.permission] = risk
    return risks


def _risk(row: Mapping[str, Any]) -> Risk:
    api = apis()[row["api"]].app_id if row["api"] in apis() else f"{OWN_API}{row['api']}"
    permission = Permission(api, PermissionType(row["type"]), row["id"])
    words = (row["name"], row["tier"], row.get("level"), row.get("service"), row["reason"], row.get("source"))
    return Risk(permission, *words)


def _refuse_unknown(node: Node, api: str, type_: str, name: str, id_: str = "") -> None:
    """Refuse a permission that the list of its API does not have; the scopes of vendors' own apps are in no list."""
    if api not in apis():
        return
    listed = apis()[api].find(name, PermissionType(type_))
    if listed is None:
        names = apis()[api].names(PermissionType(type_))
        raise node.refuse(f"{apis()[api].name} has no {type_} permission {name!r}{nearest(name, names)}")
    if id_ and apis()[api].by_id(PermissionType(type_), id_) is None:
        raise node.refuse(f"{name} has the id {listed.id}, not {id_}; correct it")


def meaning(entry: DocumentedPermission) -> str | None:
    """Return our sentence for a documented permission; None while nobody has written it."""
    return meanings().get(f"{entry.api}/{entry.type.value}/{entry.name}")


@kept
def meanings() -> Mapping[str, str]:
    """Return every sentence by `API key/type/name`."""
    sentences = dict(data("meanings.json")["meanings"])
    root = private_file("meanings.json")
    for key, node in root.fields["meanings"].keys.items() if root else ():
        api, _, rest = key.partition("/")
        type_, _, name = rest.partition("/")
        if not name or type_ not in list(PermissionType):
            raise node.refuse(f"{key!r} is not API/TYPE/NAME; write it like graph/delegated/User.Read")
        _refuse_unknown(node, api, type_, name)
        if key in sentences:
            raise node.refuse(f"{key} has a sentence already, which a private one never changes; take it out")
        sentences[key] = root.fields["meanings"].fields[key].text.strip() if root else ""
    return MappingProxyType(sentences)
