"""Which settings one app may have, and which of its documented permissions they leave: never more than are documented.

Knows one app at a time and no stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from lockstep.catalogue import App, AppKind, DocumentedPermission, Feature
from lockstep.errors import SettingError, nearest
from lockstep.settings.model import AppSetting, WithheldSetting

Refuse = Callable[[str, str], SettingError]
"""Makes the error for a setting, named by its path (`apps.spfx.claim`), from the objection."""

_EVERY_KIND = frozenset({"deploy", "possible", "features", "withhold", "consents"})
MAY_HAVE: Mapping[AppKind, frozenset[str]] = {
    AppKind.REGISTRATION: _EVERY_KIND | {"certificates", "federated_credentials", "directory_roles", "adopted"},
    AppKind.ENTERPRISE_APP: _EVERY_KIND | {"client_id", "directory_roles", "removals"},
    AppKind.SHARED_PRINCIPAL: _EVERY_KIND | {"principals", "claim", "withdraw"},
}
"""Which settings an app of each kind may have."""


@dataclass(frozen=True)
class Withheld:
    """A documented permission that a stack neither configures nor consents, why, and who decided."""

    permission: DocumentedPermission
    reason: str
    by: str


def check_app(app: App, setting: AppSetting, path: str, refuse: Refuse) -> None:
    """Refuse what an app of this kind and edition cannot have."""
    set_names = {name for name in setting.model_fields_set if getattr(setting, name) is not None}
    allowed = MAY_HAVE[app.kind]
    for name in sorted(set_names - allowed):
        listed = ", ".join(_written(field) for field in AppSetting.model_fields if field in allowed)
        raise refuse(f"{path}.{_written(name)}", f"is not for {app.name}, a {app.kind.value}; allowed are {listed}")
    if setting.deploy is not None and not app.optional:
        raise refuse(f"{path}.deploy", f"is not for {app.name}, which is not optional: take the line out")
    if set_names and app.optional and setting.deploy is None:
        raise refuse(path, "is about an optional app that this stack does not deploy; add deploy: true, or take it out")
    if "possible" in set_names and all(entry.certain for entry in app.permissions):
        raise refuse(f"{path}.possible", f"is not for {app.name}, none of whose permissions is possible only")
    features = sorted({entry.feature.key for entry in app.permissions if entry.feature})
    for feature in setting.features:
        refuse_unknown(feature, features, f"{path}.features", f"a feature of {app.name}", refuse)
    roles = [role.name for role in app.directory_roles]
    for role in setting.directory_roles:
        refuse_unknown(role, roles, f"{path}.directoryRoles", f"a documented directory role of {app.name}", refuse)
    names = [credential.name for credential in setting.federated_credentials]
    for name in names:
        if names.count(name) > 1:
            raise refuse(f"{path}.federatedCredentials", f"has the name {name!r} twice")
    if setting.withdraw and setting.principals != "new":
        raise refuse(f"{path}.withdraw", "takes scopes off the old SharePoint principal and needs principals: new")
    for scope in setting.adopted.scope_ids if setting.adopted else ():
        exposed = [scope.value for scope in app.exposes]
        refuse_unknown(scope, exposed, f"{path}.adopted.scopeIds", f"a scope that {app.key} exposes", refuse)


def _written(name: str) -> str:
    """Return the name of a setting as a stack file has it."""
    return AppSetting.model_fields[name].alias or name


def refuse_unknown(
    word: str, allowed: Iterable[str], path: str, what: str, refuse: Refuse, *, known: Iterable[str] = ()
) -> None:
    words = list(allowed)
    if word not in words and word not in known:
        listed = f"allowed are {', '.join(words)}" if words else "there are none"
        raise refuse(path, f"names {word!r}, which is not {what}; {listed}{nearest(word, words)}")


def select(
    app: App, setting: AppSetting, refuse: Refuse, path: str
) -> tuple[list[DocumentedPermission], list[DocumentedPermission], list[Withheld]]:
    """Return what a stack wants, tolerates and withholds of an app: only ever a part of what is documented."""
    certain = [entry for entry in app.permissions if entry.certain]
    possible = [entry for entry in app.permissions if not entry.certain]
    wanted = [*certain, *possible] if setting.possible == "require" else certain
    tolerated = possible if setting.possible == "tolerate" else []
    off = [feature for feature, is_used in setting.features.items() if not is_used]
    decisions: dict[DocumentedPermission, Withheld] = {}
    for number, withhold in enumerate(setting.withhold):
        where = f"{path}.withhold[{number}]"
        entry = _named(app, withhold, wanted, tolerated, refuse, where)
        if entry in decisions:
            raise refuse(where, f"withholds {withhold.permission!r} of {app.key} twice; keep one of the two entries")
        if entry.feature and entry.feature.key in off:
            raise refuse(
                where,
                f"withholds {withhold.permission!r} of {app.key} twice: {_off(entry.feature)} withholds it already",
            )
        decisions[entry] = Withheld(entry, withhold.reason, withhold.by)
    for entry in (*wanted, *tolerated):
        if entry.feature and entry.feature.key in off:
            decisions[entry] = Withheld(entry, f"{entry.feature.name} is not in use", _off(entry.feature))
    return (
        [entry for entry in wanted if entry not in decisions],
        [entry for entry in tolerated if entry not in decisions],
        list(decisions.values()),
    )


def _off(feature: Feature) -> str:
    return f"features: {{{feature.key}: false}}"


def _named(
    app: App,
    withhold: WithheldSetting,
    wanted: Sequence[DocumentedPermission],
    tolerated: Sequence[DocumentedPermission],
    refuse: Refuse,
    path: str,
) -> DocumentedPermission:
    """Return the permission that an entry of `withhold` names."""
    text = withhold.permission.casefold()
    for entry in (*wanted, *tolerated):
        if entry.title.casefold() == text:
            return entry
    # A short name means a wanted permission; a tolerated one of the same name has to be named in full.
    entries = [entry for entry in wanted if entry.name.casefold() == text]
    if not entries:
        words = [*(entry.name for entry in wanted), *(entry.title for entry in (*wanted, *tolerated))]
        hint = nearest(withhold.permission, words)
        raise refuse(path, f"names {withhold.permission!r}, but {app.key} has no such documented permission{hint}")
    if len(entries) > 1:
        titles = " or ".join(repr(entry.title) for entry in entries)
        raise refuse(path, f"names {withhold.permission!r}, of which {app.key} has more than one; say {titles}")
    return entries[0]
