"""The inputs of the three resources: checked for form, then typed.

The engine calls Check during an import too, with what the tenant holds. That may well be undocumented, so Check
judges the form only; whether it is documented is judged in `documented`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lockstep.catalogue.permission import PermissionType
from lockstep.consent import Consent
from lockstep.deployment import UNKNOWN, Properties
from lockstep.provider.structs import is_known
from lockstep.provider.wire import to_consents

Failures = list[tuple[str, str]]
"""(property, reason) pairs, as Check reports them."""

_CONSENT_TEXTS = ("tenantId", "vendor", "app", "edition", "mode", "client", "address", "removals")
_CHOICES = {
    "mode": ("exact", "additive"),
    "removals": ("apply", "report"),
    "consents": ("managed", "by-admin"),
}
_PRINCIPAL_TEXTS = ("tenantId", "vendor", "app", "displayName")
_ROLE_TEXTS = ("tenantId", "vendor", "app", "edition", "client", "address")


@dataclass(frozen=True)
class ConsentInputs:
    """The inputs of an AdminConsent. A text that is unknown in a preview is `UNKNOWN`."""

    tenant_id: str
    vendor: str
    app: str
    edition: str
    mode: str
    client: str
    address: str
    apis: Mapping[str, str]
    permissions: Mapping[str, Mapping[str, Mapping[str, str]]]
    tolerated: Mapping[str, Mapping[str, Mapping[str, str]]]
    removals: str
    required: bool
    alternative: str | None
    baseline: frozenset[str] | None
    asked: frozenset[str] | None
    claim: bool
    claimant: str
    by_admin: bool
    wanted: frozenset[Consent] = field(init=False)
    tolerable: frozenset[Consent] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "wanted", to_consents(self.permissions, self.apis))
        object.__setattr__(self, "tolerable", to_consents(self.tolerated, self.apis))

    @property
    def names(self) -> dict[str, str]:
        """API names by app id, for the APIs whose app id is known."""
        return {app_id.lower(): name for name, app_id in self.apis.items() if is_known(app_id) and app_id}

    @property
    def additive(self) -> bool:
        """True when others share the client."""
        return self.mode == "additive"

    @classmethod
    def read(cls, props: Properties) -> ConsentInputs:
        """Return the typed inputs of properties that passed `check_consent`."""
        baseline, asked = props.get("baseline"), props.get("asked")
        return cls(
            **{_snake(name): str(props.get(name) or "") for name in _CONSENT_TEXTS if name != "removals"},
            apis=dict(props.get("apis") or {}) if props.get("apis") != UNKNOWN else {},
            permissions=props.get("permissions") or {},
            tolerated=props.get("tolerated") or {},
            removals=str(props.get("removals") or "apply"),
            required=bool(props.get("required", True)),
            alternative=props.get("alternative"),
            baseline=frozenset(map(str.casefold, baseline)) if isinstance(baseline, list) else None,
            asked=frozenset(map(str.casefold, asked)) if isinstance(asked, list) else None,
            claim=bool(props.get("claim", False)),
            claimant=str(props.get("claimant") or ""),
            by_admin=props.get("consents") == "by-admin",
        )


@dataclass(frozen=True)
class PrincipalInputs:
    """The inputs of a Principal: exactly one of `app_id` and `identifier_uris` is given."""

    tenant_id: str
    vendor: str
    app: str
    display_name: str
    app_id: str
    identifier_uris: tuple[str, ...]
    create: bool
    asks: frozenset[str]

    @property
    def address(self) -> str:
        """What the resource is known by: its app id, or the first identifier URI."""
        return self.app_id or self.identifier_uris[0]

    @classmethod
    def read(cls, props: Properties) -> PrincipalInputs:
        """Return the typed inputs of properties that passed `check_principal`."""
        return cls(
            **{_snake(name): str(props.get(name) or "") for name in _PRINCIPAL_TEXTS},
            app_id=str(props.get("appId") or ""),
            identifier_uris=tuple(map(str, props.get("identifierUris") or ())),
            create=bool(props.get("create", False)),
            asks=frozenset(map(str, props.get("asks") or ())),
        )


@dataclass(frozen=True)
class RoleInputs:
    """The inputs of a DirectoryRoles, with what its outputs record. `roles` are template ids by the role's name."""

    tenant_id: str
    vendor: str
    app: str
    edition: str
    client: str
    address: str
    roles: Mapping[str, str]
    held: frozenset[str]
    given: frozenset[str]

    @classmethod
    def read(cls, props: Properties) -> RoleInputs:
        """Return the typed form of properties that passed `check_roles`, or of recorded outputs."""
        return cls(
            **{_snake(name): str(props.get(name) or "") for name in _ROLE_TEXTS},
            roles={str(name): str(ident).lower() for name, ident in (props.get("roles") or {}).items()},
            held=frozenset(props.get("held") or ()),
            given=frozenset(props.get("given") or ()),
        )


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def check_consent(props: Properties) -> Failures:
    """Return what is wrong with the form of an AdminConsent's inputs."""
    failures = [(name, "must be a string") for name in _CONSENT_TEXTS if not isinstance(props.get(name, ""), str)]
    for name, allowed in _CHOICES.items():
        value = props.get(name) or allowed[0]
        if value not in allowed:
            failures.append((name, f"{value!r} is not allowed; allowed: {', '.join(allowed)}"))
    for name in ("permissions", "tolerated"):
        failures += _check_map(name, props.get(name, {}))
    for name in ("baseline", "asked"):
        value = props.get(name)
        if is_known(value) and not (isinstance(value, list) and all(isinstance(entry, str) for entry in value)):
            failures.append((name, "must be a list of `<API app id>/<type>/<name>`, as a Principal gives it"))
    apis = props.get("apis", {})
    if not isinstance(apis, dict):
        return [*failures, ("apis", "must map API names to app ids")]
    for name in props.get("permissions", {}) if not failures else ():
        if name not in apis:
            failures.append(("apis", f"has no app id for {name!r}, which 'permissions' names"))
    return failures


def _check_map(name: str, value: Any) -> Failures:
    """Refuse what is not {API: {type: {name: id}}} of literals: what is unknown here could hide anything."""
    if not isinstance(value, dict):
        return [(name, "must map API -> type -> permission name -> id, all literal")]
    failures: Failures = []
    types = tuple(PermissionType)
    for api, by_type in value.items():
        if not isinstance(by_type, dict):
            failures.append((f"{name}[{api!r}]", "must map a type to its permissions, all literal"))
            continue
        for type_, entries in by_type.items():
            where = f"{name}[{api!r}].{type_}"
            if type_ not in types:
                failures.append((where, f"{type_!r} is not a type; allowed: {', '.join(types)}"))
            elif not isinstance(entries, dict):
                failures.append((where, "must map permission names to ids, all literal"))
            else:
                failures += [
                    (f"{where}[{value_!r}]", "the permission's id must be a literal string")
                    for value_, id_ in entries.items()
                    if not isinstance(id_, str) or id_ == UNKNOWN or value_ == UNKNOWN
                ]
    return failures


def check_principal(props: Properties) -> Failures:
    """Return what is wrong with the form of a Principal's inputs."""
    failures = [(name, "must be a string") for name in _PRINCIPAL_TEXTS if not isinstance(props.get(name, ""), str)]
    if bool(props.get("appId")) == bool(props.get("identifierUris")):
        failures.append(("appId", "give either appId or identifierUris, and not both"))
    if props.get("create") and not props.get("appId"):
        failures.append(("create", "only a principal with an appId can be created"))
    asks = props.get("asks") or []
    if not isinstance(asks, list) or not all(isinstance(entry, str) and entry != UNKNOWN for entry in asks):
        failures.append(("asks", "must be a list of literal `<API app id>/<type>/<name>`"))
    return failures


def check_roles(props: Properties) -> Failures:
    """Return what is wrong with the form of a DirectoryRoles' inputs."""
    failures = [(name, "must be a string") for name in _ROLE_TEXTS if not isinstance(props.get(name, ""), str)]
    roles = props.get("roles")
    if not isinstance(roles, dict) or not all(isinstance(ident, str) and ident != UNKNOWN for ident in roles.values()):
        failures.append(("roles", "must map the names of directory roles to their template ids, all literal"))
    return failures
