"""What one run of an engine did, in the same words for both engines; and what each step means for permissions.

Pure: the answer is the same for a step of the rehearsal and for an event of the Pulumi CLI. Starts nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lockstep.catalogue import PermissionType, api_of, permission_title, public_apps
from lockstep.resource_types import ADMIN_CONSENT, APPLICATION

Verb = Literal["up", "preview", "refresh", "destroy"]
Properties = Mapping[str, Any]
Entry = tuple[str, str, str]
"""A permission: its API, its type and itself; names in a consent, ids in what an application is configured with."""

_QUIET = ("same", "read")


@dataclass
class StepRecord:
    """One step on one resource. `outcome` says what a refresh found: same, update or delete."""

    op: str
    urn: str
    type: str
    name: str
    old: Properties = field(default_factory=dict)
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    diffs: list[str] = field(default_factory=list)
    outcome: str | None = None
    error: str | None = None

    @property
    def changes(self) -> bool:
        """Whether the step changes, or would change, anything."""
        return self.outcome not in (None, "same") if self.op == "refresh" else self.op not in _QUIET

    def consents(self) -> dict[str, list[dict[str, str]]] | None:
        """Return what the step adds, removes, keeps and tolerates, when it is on an AdminConsent."""
        if self.type != ADMIN_CONSENT:
            return None
        inputs = self.outputs if self.op == "refresh" else self.inputs
        return consent_lists(self.op, self.old, inputs, self.outputs)

    def configured(self) -> list[tuple[str, str]]:
        """Return (sign, text) for each configured permission and exposed scope that the step changes."""
        old, inputs = self.old, self.inputs
        if self.type != APPLICATION or self.op != "update" or self.error or "requiredResourceAccesses" not in old:
            return []
        before, after = _configured(old), _configured(inputs)
        names = {str(scope.get("id")): str(scope.get("value")) for side in (old, inputs) for scope in _scopes(side)}
        lines = [("+", f"configured: {_title(entry, names)}") for entry in sorted(after - before)]
        lines += [("-", f"configured: {_title(entry, names)}") for entry in sorted(before - after)]
        former = {str(scope.get("id")): scope for scope in _scopes(old)}
        for scope in _scopes(inputs):
            same = former.get(str(scope.get("id")))
            if same is None:
                lines.append(("+", f"exposed scope {scope.get('value')}"))
            elif bool(same.get("enabled", True)) is not bool(scope.get("enabled", True)):
                word = "enabled" if scope.get("enabled", True) else "disabled"
                lines.append(("~", f"exposed scope {scope.get('value')}: {word}"))
        return lines

    def document(self) -> dict[str, Any]:
        """Return the step for `--json`."""
        head = {"op": self.op, "urn": self.urn, "type": self.type, "name": self.name}
        optional = {"outcome": self.outcome, "diffs": self.diffs, "error": self.error}
        return {**head, **{name: value for name, value in optional.items() if value}, **(self.consents() or {})}


@dataclass
class Run:
    """One operation of one engine."""

    operation: str
    steps: list[StepRecord] = field(default_factory=list)
    diagnostics: list[dict[str, str]] = field(default_factory=list)
    violations: list[dict[str, str]] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    exit_code: int = 0

    @property
    def changes(self) -> dict[str, int]:
        """Count the steps by what they do; a refresh counts what it found."""
        counted = Counter(step.outcome or step.op for step in self.steps if not step.error)
        return dict(sorted(counted.items()))

    @property
    def changed(self) -> bool:
        """Whether anything changed, or would."""
        return any(step.changes and not step.error for step in self.steps)

    @property
    def errors(self) -> list[str]:
        """The error messages, oldest first, each once."""
        return list(dict.fromkeys(entry["message"] for entry in self.diagnostics if entry["severity"] == "error"))


def consent_lists(op: str, old: Properties, inputs: Properties, outputs: Properties) -> dict[str, list[dict[str, str]]]:
    """Return the lists `added`, `removed`, `kept` and `tolerated` of {api, apiId, type, value, id} of a step.

    `old` are the outputs before the step, `inputs` and `outputs` those after it; a deletion has no inputs.
    """
    ids = {**consented_ids(old), **consented_ids(outputs), **consented_ids(inputs)}
    before, wanted = set(consented_ids(old)), set(consented_ids(inputs))
    # Where the principal is not there yet, what is wanted and what is in force differ: count what is.
    after = wanted & set(consented_ids(outputs)) if "permissions" in outputs else wanted
    if op in ("delete", "delete-replaced"):
        removed = _named([*(old.get("added") or []), *(old.get("claimed") or [])], before)
        added, kept = set[Entry](), before - removed
    elif op == "create":
        removed = set()
        added = _named(outputs["added"], after) if "added" in outputs else after
        kept = after - added
    elif inputs.get("consents") == "by-admin":  # whoever gave or took back what changed, it was not this step
        added, removed, kept = set(), set(), after
    else:
        added, removed, kept = after - before, before - wanted, after & before
    tolerated = _parsed(outputs.get("toleratedFound") or [])
    removed -= tolerated  # an import shows them among all that is there; they stay
    lists = {"added": added, "removed": removed, "kept": kept, "tolerated": tolerated}
    return {name: _documents(entries, ids, inputs, outputs, old) for name, entries in lists.items()}


def consented_ids(properties: Properties) -> dict[Entry, str]:
    """Return the ids of the permissions in a nested map `{API: {type: {name: id}}}`."""
    tree = properties.get("permissions")
    return {
        (api, kind, name): str(id_)
        for api, types in (tree if isinstance(tree, Mapping) else {}).items()
        for kind, names in (types if isinstance(types, Mapping) else {}).items()
        for name, id_ in names.items()
    }


def _named(words: Any, among: set[Entry]) -> set[Entry]:
    keys = {str(word).casefold() for word in words or []}
    return {entry for entry in among if "/".join(entry).casefold() in keys}


def _parsed(words: Iterable[str]) -> set[Entry]:
    parts = [word.rsplit("/", 2) for word in words]
    return {(part[0], part[1], part[2]) for part in parts if len(part) == 3}


def _documents(entries: set[Entry], ids: Mapping[Entry, str], *sources: Properties) -> list[dict[str, str]]:
    apis_by_name: dict[str, str] = {}
    all_ids: dict[Entry, str] = {}
    for source in reversed(sources):
        apis_by_name.update(source.get("apis") or {})
        all_ids.update(consented_ids({"permissions": source.get("tolerated")}))
    all_ids.update(ids)
    return [
        {
            "api": entry[0],
            "apiId": str(apis_by_name.get(entry[0], "")),
            "type": entry[1],
            "value": entry[2],
            "id": all_ids.get(entry, ""),
        }
        for entry in sorted(entries)
    ]


def _configured(properties: Properties) -> set[Entry]:
    kinds = {"Scope": PermissionType.DELEGATED.value, "Role": PermissionType.APPLICATION.value}
    return {
        (str(item.get("resourceAppId")), kinds.get(str(access.get("type")), str(access.get("type"))), str(access["id"]))
        for item in properties.get("requiredResourceAccesses") or ()
        for access in item.get("resourceAccesses") or ()
    }


def _scopes(properties: Properties) -> list[Properties]:
    return list((properties.get("api") or {}).get("oauth2PermissionScopes") or ())


def _title(entry: Entry, own: Mapping[str, str]) -> str:
    app_id, type_, id_ = entry
    api = api_of(app_id)
    if api is not None:
        permission = api.by_id(PermissionType(type_), id_)
        return permission_title(api.name, type_, permission.name if permission else id_)
    return permission_title(public_apps().get(app_id, f"API {app_id}"), type_, own.get(id_, id_))
