"""What a step on an AdminConsent adds, removes, keeps and tolerates, from the step's inputs and outputs.

Pure: the same answer for a step of the rehearsal and for an event of the Pulumi CLI.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ADMIN_CONSENT = "entraconsent:index:AdminConsent"
Properties = Mapping[str, Any]
Entry = tuple[str, str, str]
"""API name, type, permission name."""


def consent_lists(op: str, old: Properties, inputs: Properties, outputs: Properties) -> dict[str, list[dict[str, str]]]:
    """Return the lists `added`, `removed`, `kept` and `tolerated` of {api, type, value, id}.

    `old` are the outputs before the step, `inputs` and `outputs` those after it; a deletion has no inputs.
    """
    ids = {**_entries(old), **_entries(outputs), **_entries(inputs)}
    before, wanted = set(_entries(old)), set(_entries(inputs))
    # Where the principal is not there yet, what is wanted and what is in force differ: count what is.
    after = wanted & set(_entries(outputs)) if "permissions" in outputs else wanted
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
    found = {"added": added, "removed": removed, "kept": kept, "tolerated": tolerated}
    return {name: _list(entries, ids, inputs, outputs, old) for name, entries in found.items()}


def _entries(properties: Properties) -> dict[Entry, str]:
    """Return the permissions of a nested map `{API: {type: {name: id}}}`, tolerated ones included for their ids."""
    found: dict[Entry, str] = {}
    tree = properties.get("permissions")
    for api, types in (tree if isinstance(tree, Mapping) else {}).items():
        for kind, names in types.items() if isinstance(types, Mapping) else ():
            found.update({(api, kind, name): str(id_) for name, id_ in names.items()})
    return found


def _named(words: Any, among: set[Entry]) -> set[Entry]:
    keys = {str(word).casefold() for word in words or []}
    return {entry for entry in among if "/".join(entry).casefold() in keys}


def _parsed(words: Iterable[str]) -> set[Entry]:
    parts = [word.rsplit("/", 2) for word in words]
    return {(part[0], part[1], part[2]) for part in parts if len(part) == 3}


def _list(entries: set[Entry], ids: Mapping[Entry, str], *sources: Properties) -> list[dict[str, str]]:
    apis: dict[str, str] = {}
    known: dict[Entry, str] = {}
    for source in reversed(sources):
        apis.update(source.get("apis") or {})
        known.update(_entries({"permissions": source.get("tolerated")}))
    known.update(ids)
    return [
        {
            "api": entry[0],
            "apiId": str(apis.get(entry[0], "")),
            "type": entry[1],
            "value": entry[2],
            "id": known.get(entry, ""),
        }
        for entry in sorted(entries)
    ]
