"""The grant manifest of a stack: who gets what, on which tenant, and who can act as it, as lines of text.

Made from all that the program registered, property by property, so that nothing can be granted that has no line. Ids
that a run makes up are replaced by names: the same program always gives the same lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lockstep.catalogue import PermissionType, api_of, public_apps
from lockstep.deployment import SIGNATURE, STACK_TYPE, UNKNOWN, is_provider, qualified_type
from lockstep.rehearsal.boundary import Place, Registration
from lockstep.resource_types import (
    ADMIN_CONSENT,
    APPLICATION,
    AZUREAD,
    CERTIFICATE,
    COMPONENTS,
    DIRECTORY_ROLES,
    ENTRACONSENT,
)
from lockstep.settings.certificate import Certificate, CertificateError

NOT_KNOWN = "(not known)"

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PACKAGES = (AZUREAD, ENTRACONSENT, COMPONENTS)
# Taking a member out of one of these takes something away from somebody; every other change could give.
_MEMBERS = frozenset(
    {
        *("configures", "consents", "tolerates", "owners", "identifierUris", "redirectUris", "audiences", "tags"),
        *("asks", "asked"),
        *("oauth2PermissionScopes", "appRoles", "knownClientApplications"),
    }
)
# What was in force before the run, and so says nothing of what the program asks for.
_OBSERVED = frozenset({"baseline", "alternative"})


@dataclass(frozen=True, order=True)
class Line:
    """One fact. `subject` is the resource, `member` tells that taking the line away takes something away."""

    subject: str
    fact: str
    member: bool = field(default=False, compare=False)
    places: tuple[Place, ...] = field(default=(), compare=False)
    words: tuple[str, ...] = field(default=(), compare=False)
    """What to look for in a stack file or a catalogue row, to say where the fact comes from."""

    def __str__(self) -> str:
        """Return the line as it is shown and digested."""
        return f"{self.subject} · {self.fact}"


@dataclass(frozen=True)
class Manifest:
    """The manifest of one stack. `apps` are the apps that were seen, as (vendor, app)."""

    stack: str
    lines: tuple[Line, ...]
    apps: frozenset[tuple[str, str]] = frozenset()
    permissions: int = 0

    @classmethod
    def read(
        cls,
        stack: str,
        target: str,
        registrations: Iterable[Registration],
        names: Mapping[str, str],
        beside: Iterable[Line] = (),
    ) -> Manifest:
        """Return the manifest of what was registered. `names` gives a name for each id that the run made up.

        `beside` are lines of what no registration shows.
        """
        entries = [entry for entry in registrations if entry.type != STACK_TYPE]
        labels, apps = _labels(entries), _apps(entries)
        lines = {Line("stack", f"target = {target}", words=(target,)), *beside}
        for entry in entries:
            lines.update(_lines(entry, labels[entry.urn], apps.get(entry.urn, ""), _Names(names)))
        consents = [entry for entry in entries if entry.type == ADMIN_CONSENT]
        permissions = {(_app(entry), leaf) for entry in consents for leaf in _leaves(entry.inputs.get("permissions"))}
        return cls(stack, tuple(sorted(lines)), frozenset(_app(entry) for entry in consents), len(permissions))


class _Names:
    """Replaces made-up ids by names, and ids of APIs and permissions by what Microsoft calls them."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def plain(self, text: str) -> str:
        return _GUID.sub(lambda match: self._names.get(match[0], match[0]), text)

    def api(self, app_id: str) -> str:
        name = public_apps().get(app_id)
        return f"{name} ({app_id})" if name else self.plain(app_id)

    def permission(self, api: str, type_: str, id_: str) -> str:
        listed = api_of(api)
        entra = {kind.entra: kind for kind in PermissionType}
        kind = entra.get(type_) or next((kind for kind in PermissionType if kind.value == type_), None)
        permission = listed.by_id(kind, id_) if listed and kind else None
        return f"{kind.value if kind else type_} · {permission.name if permission else '?'} = {self.plain(id_)}"


def _lines(entry: Registration, label: str, app: str, names: _Names) -> Iterator[Line]:
    def line(fact: str, *, member: bool = False, words: tuple[str, ...] = ()) -> Line:
        return Line(label, fact.replace(UNKNOWN, NOT_KNOWN), member, entry.places, words)

    yield line(f"is a {entry.type}", words=(app,) if app else ())
    for name, value in entry.options.items():
        yield line(f"option {name} = {names.plain(_text(value))}")
    rest = {name: _masked(value) for name, value in entry.inputs.items() if name not in _OBSERVED}
    if entry.type == ADMIN_CONSENT:
        apis_of = rest.get("apis") if isinstance(rest.get("apis"), dict) else {}
        for verb, name in (("consents", "permissions"), ("tolerates", "tolerated")):
            for api, type_, permission, id_ in _leaves(rest.pop(name, None)):
                title = names.api(_text((apis_of or {}).get(api, api)))
                fact = f"{verb} · {title} · {names.permission(_text((apis_of or {}).get(api)), type_, id_)}"
                named = f" (named {permission})" if f" {permission} = " not in fact else ""
                yield line(fact + named, member=True, words=(id_, type_, permission))
    if entry.type == APPLICATION:
        for api, type_, id_ in _configured(rest.pop("requiredResourceAccesses", None)):
            fact = f"configures · {names.api(api)} · {names.permission(api, type_, id_)}"
            yield line(fact, member=True, words=(id_, type_))
    if entry.type == DIRECTORY_ROLES:
        roles = rest.pop("roles", None)
        for role, id_ in roles.items() if isinstance(roles, dict) else (("?", _text(roles)),):
            yield line(f"gives directory role {role} = {_text(id_)}", member=True, words=(role, _text(id_)))
    if entry.type == CERTIFICATE:
        rest.pop("value", None)
        yield line(f"certificate = {_certificate(entry.inputs.get('value'))}")
    for path, value, listed in flat(rest):
        sign = "∋" if listed else "="
        member = listed and path.rpartition(".")[2] in _MEMBERS and entry.type.startswith(_PACKAGES)
        yield line(f"{path} {sign} {names.plain(value)}", member=member, words=(value,))


def hidden(entry: Registration) -> Iterator[tuple[str, str]]:
    """Yield the path of each value of a resource that cannot be seen, of those that say who may do what, and why."""
    if entry.type.startswith(_PACKAGES):
        yield from _unseen({name: value for name, value in entry.inputs.items() if name not in _OBSERVED}, "")


def _unseen(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and SIGNATURE in value:
        yield path, "a secret"
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _unseen(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _unseen(part, f"{path}[{number}]")
    elif isinstance(value, str) and UNKNOWN in value:
        yield path, NOT_KNOWN


def _app(entry: Registration) -> tuple[str, str]:
    return _text(entry.inputs.get("vendor")), _text(entry.inputs.get("app"))


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str, bool]]:
    """Yield (path, text, whether it is one of a list) for everything in a value; the order of lists means nothing."""
    if isinstance(value, dict):
        for name in sorted(value):
            yield from flat(value[name], f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in sorted(value, key=_text):
            yield path, _text(item), True
    elif value is not None:
        yield path, _text(value), False


def _leaves(tree: Any) -> Iterator[tuple[str, str, str, str]]:
    """Yield (API, type, name, id) of AdminConsent's nested map; what cannot be told apart stands for all."""
    if tree and not isinstance(tree, dict):
        yield _text(tree), "?", "?", ""
    for api, types in (tree or {}).items() if isinstance(tree, dict) else ():
        for type_, entries in types.items() if isinstance(types, dict) else ((_text(types), {}),):
            for name, id_ in entries.items() if isinstance(entries, dict) else ((_text(entries), ""),):
                yield api, type_, name, _text(id_)


def _configured(accesses: Any) -> Iterator[tuple[str, str, str]]:
    """Yield (API, type, id) of an Application's configured permissions; what cannot be told apart stands for all."""
    for api in _entries(accesses):
        access = api if isinstance(api, dict) else {"resourceAppId": api, "resourceAccesses": api}
        for entry in _entries(access.get("resourceAccesses")):
            permission = entry if isinstance(entry, dict) else {"type": entry, "id": entry}
            yield _text(access.get("resourceAppId")), _text(permission.get("type")), _text(permission.get("id"))


def _entries(value: Any) -> list[Any]:
    """Return a list as it is, and what stands where a list belongs (a secret, an unknown) as its only entry."""
    return value if isinstance(value, list) else [value] if value else []


def _masked(value: Any) -> Any:
    """Return the value with every secret in it, at any depth, replaced by words: a manifest is read by everybody."""
    if isinstance(value, dict):
        return "(a secret)" if SIGNATURE in value else {name: _masked(part) for name, part in value.items()}
    return [_masked(part) for part in value] if isinstance(value, list) else value


def _certificate(value: Any) -> str:
    text = value.get("value") if isinstance(value, dict) else value
    try:
        certificate = Certificate.read(str(text))
    except CertificateError as error:
        return f"a text that {error}"
    return f"{certificate.thumbprint}, until {certificate.end_date}"


def _labels(entries: Iterable[Registration]) -> dict[str, str]:
    """Return a short name for each URN; the whole URN where the short name would not be unique."""
    short: dict[str, list[str]] = {}
    for entry in entries:
        types = [_short(type_) for type_ in qualified_type(entry.urn).split("$")]
        inner = types[1:] if len(types) > 1 and entry.parent.endswith(f"::{entry.name}") else types
        short.setdefault(f"{entry.name} · {'/'.join(inner)}", []).append(entry.urn)
    return {urn: label if len(urns) == 1 else urn for label, urns in short.items() for urn in urns}


def _short(type_: str) -> str:
    if is_provider(type_):
        return type_
    return type_.rpartition(":")[2] if type_.startswith(_PACKAGES) else type_


def _text(value: Any) -> str:
    if isinstance(value, dict) and SIGNATURE in value:
        return "(a secret)"
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _apps(entries: Iterable[Registration]) -> dict[str, str]:
    """Return the app that each URN is for: what it says itself, or what the component says that it stands in."""
    apps: dict[str, str] = {}
    for entry in sorted(entries, key=lambda entry: entry.urn.count("$")):
        app = entry.inputs.get("app")
        apps[entry.urn] = app if isinstance(app, str) else apps.get(entry.parent, "")
    return apps
