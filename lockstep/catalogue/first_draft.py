"""Drafts a vendor's first edition from rows: of a page, of an application's manifest, or of what a tenant holds.

What the rows leave open is a TODO, which the loader refuses with its place. Whatever a person has written into an
earlier draft, or decided about a row, is taken over. Writes no file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from lockstep.catalogue.api import Api, ApiPermission, api_of, apis, words_for_apis
from lockstep.catalogue.model import EditionBasis
from lockstep.catalogue.page_rows import Outcome, PageRow, folded
from lockstep.catalogue.permission import PermissionType, permission_title
from lockstep.errors import CatalogueError, nearest
from lockstep.yaml_file import Node, parse_yaml

TODO = "TODO"
LEAVE_OUT = "leave out:"
_WRITES = re.compile(r"ReadWrite|Write|Manage|FullControl|Send|Create|Delete|AccessAsUser|full_access|Invite|Move|Join")
_READS = re.compile(r"Read|\A(?:openid|profile|email|offline_access)\Z")
_PERMISSION = ("api", "type", "name", "id", "capability", "purpose", "basis", "when_used", "label", "group")
_DECISIONS_HEAD = """\
# What a person decides about rows that do not say enough by themselves. `lockstep catalogue draft` reads this file
# again, and keeps what it holds. A decision is one of these, or a list of them:
#   graph · application · Mail.Read     the permission that the row means: API, type and name
#   leave out: REASON                   the row asks for nothing
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the rows of a draft are from. `basis` is `observed` for what a tenant holds: no vendor has said that."""

    title: str
    retrieved: str
    sha256: str
    vendor: str = ""
    basis: EditionBasis = EditionBasis.DOCUMENTED


@dataclass(frozen=True, slots=True)
class FirstDraft:
    """The text of a draft, that of the decisions that it needs, and how much of it is left to a person."""

    text: str
    decisions: str
    rows: tuple[PageRow, ...]
    todo: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a row: the permissions that it means, or why it is left out; neither while open."""

    row: str
    meant: tuple[tuple[Api, ApiPermission], ...]
    left_out: str
    fields: Mapping[str, Any]

    @property
    def is_open(self) -> bool:
        """Whether nothing has been decided yet."""
        return not self.meant and not self.left_out


def draft_first(
    rows: Sequence[PageRow], origin: Origin, *, earlier: Node | None, decided: Mapping[str, Decision]
) -> FirstDraft:
    """Return the draft of an edition. `earlier` is the draft of an earlier run, `decided` are decisions by row."""
    judged = [entry for row in rows for entry in _decided(row, decided.get(row.digest))]
    kept = _Kept(earlier)
    lines = list(_edition(judged, origin, kept))
    open_rows = [row for row in judged if row.outcome is not Outcome.TAKEN]
    text = "\n".join(lines) + "\n"
    todo = len(re.findall(rf'(?:: |^  )"?{TODO}\b', text, re.MULTILINE)) + len(open_rows)
    return FirstDraft(text, _decisions(rows, decided), tuple(judged), todo)


def read_decisions(text: str, name: str) -> dict[str, Decision]:
    """Return the decisions in a file, by the digest of their row; CatalogueError, with its place, for a wrong one."""
    root = parse_yaml(text, name, error=CatalogueError)
    if root is None:
        return {}
    listed = root.fields.get("rows") if root.kind == "map" else None
    if listed is None or listed.kind != "seq":
        raise root.refuse("decisions stand in a list `rows`; `lockstep catalogue draft` writes such a file")
    return {decision.row: decision for decision in map(_decision, listed.items)}


def _decision(node: Node) -> Decision:
    fields = node.fields if node.kind == "map" else {}
    if "row" not in fields or "decision" not in fields:
        raise node.refuse("a decision has `row`, the digest of its row, and `decision`")
    decision = fields["decision"]
    words = decision.items if decision.kind == "seq" else [decision]
    left_out, meant = "", []
    for word in words:
        text = word.text.strip()
        if text.startswith(LEAVE_OUT):
            left_out = text.removeprefix(LEAVE_OUT).strip()
            if not left_out:
                raise word.refuse(f"`{LEAVE_OUT}` says why behind the colon")
        elif text and not text.startswith(TODO):
            meant.append(_meant(word, text))
    plain = {key: _plain(value) for key, value in fields.items()}
    return Decision(fields["row"].text.strip(), tuple(meant), left_out, plain)


def _meant(node: Node, text: str) -> tuple[Api, ApiPermission]:
    parts = [part.strip() for part in re.split(r"[·/]", text)]
    if len(parts) != 3:
        raise node.refuse(f"{text!r} is no decision; write API · type · name, or `{LEAVE_OUT} REASON`")
    api = apis().get(words_for_apis().get(parts[0].casefold(), ""))
    if api is None:
        raise node.refuse(f"{parts[0]!r} is no API; there are {', '.join(apis())}{nearest(parts[0], apis())}")
    types = [kind.value for kind in PermissionType]
    if parts[1] not in types:
        raise node.refuse(f"{parts[1]!r} is no type; write {' or '.join(types)}")
    entry = api.find(parts[2], PermissionType(parts[1]))
    if entry is None:
        names = api.names(PermissionType(parts[1]))
        raise node.refuse(f"{api.name} has no {parts[1]} permission {parts[2]!r}{nearest(parts[2], names)}")
    return api, entry


def _decided(row: PageRow, decision: Decision | None) -> Iterator[PageRow]:
    """Yield what a row becomes by a decision: nothing where it is left out."""
    if row.outcome is Outcome.TAKEN or decision is None or decision.is_open:
        yield row
    elif not decision.left_out:
        for api, entry in decision.meant:
            yield replace(row, outcome=Outcome.TAKEN, why="decided by a person", api=api, permission=entry, choices=())


class _Kept:
    """What a person wrote into an earlier draft."""

    def __init__(self, root: Node | None) -> None:
        plain = _plain(root) if root is not None else {}
        self.edition: dict[str, Any] = plain if isinstance(plain, dict) else {}
        sources = self.edition.get("sources") or [{}]
        self.source: dict[str, Any] = sources[0]
        self.apps: list[dict[str, Any]] = self.edition.get("apps") or []

    def app(self, section: str) -> dict[str, Any]:
        """Return the app that was drafted from a section, whatever it was renamed to."""
        return (
            next((app for app in self.apps if app.get("section") == section), {})
            if section
            else (self.apps[0] if len(self.apps) == 1 else {})
        )

    @staticmethod
    def permission(app: Mapping[str, Any], api: str, entry: ApiPermission) -> dict[str, Any]:
        """Return what an app's entry for a permission said."""
        key = (api, entry.type.value, entry.name)
        listed = app.get("permissions") or []
        return next((row for row in listed if (row.get("api"), row.get("type"), row.get("name")) == key), {})


def _plain(node: Node | None) -> Any:
    if node is None:
        return None
    if node.kind == "map":
        return {key: _plain(value) for key, value in node.fields.items()}
    if node.kind == "seq":
        return [_plain(item) for item in node.items]
    return node.value() if node.kind == "bool" else node.text.strip()


def _said(kept: Mapping[str, Any], name: str, drafted: str) -> Any:
    """Return what a person wrote into a field, or else what is drafted for it."""
    value = kept.get(name)
    return drafted if value is None or (isinstance(value, str) and value.startswith(TODO)) else value


def _edition(rows: Sequence[PageRow], origin: Origin, kept: _Kept) -> Iterator[str]:
    observed = origin.basis is EditionBasis.OBSERVED
    yield "# A draft: the catalogue refuses it, with its place, for each TODO. Facts and names are the vendor's; every"
    yield "# sentence is to be your own. Another run of `lockstep catalogue draft` takes over what you write into"
    yield "# fields; comments are not kept."
    title = TODO + " the title of the vendor's text" if observed else origin.title or f"{TODO} the title of the page"
    yield from _fields(
        {
            "vendor": _said(kept.edition, "vendor", origin.vendor or f"{TODO} a key of the vendor, such as contoso"),
            "name": _said(kept.edition, "name", f"{TODO} what the vendor's product is called"),
            "valid_from": _said(kept.edition, "valid_from", f"{TODO} the first day on which this holds"),
            "product_version": _said(kept.edition, "product_version", "not-stated"),
            "basis": origin.basis.value,
        }
    )
    yield "sources:"
    yield from _entry(
        {
            "key": _said(kept.source, "key", "page"),
            "title": _said(kept.source, "title", title),
            "publisher": _said(kept.source, "publisher", f"{TODO} the publisher"),
            "retrieved": origin.retrieved,
            **({} if observed or not origin.sha256 else {"sha256": origin.sha256}),
            **({"url": kept.source["url"]} if "url" in kept.source else {}),
            **({"note": kept.source["note"]} if "note" in kept.source else {}),
        },
        "  ",
    )
    taken = [row for row in rows if row.outcome is Outcome.TAKEN]
    yield "apps:"
    for section, of_app in _by_app(taken):
        yield from _app(section, of_app, kept)
    if not taken:
        yield f"  {TODO}"
    left = [row for row in rows if row.outcome is not Outcome.TAKEN]
    if left:
        yield f"{TODO}:"
        yield "  # Rows that a person has to decide, in the file of decisions beside this one."
        yield from (f"  - {_text(f'{row.outcome.value}: {row.place}: {row.printed}: {row.why}')}" for row in left)
    for name in ("features", "statements", "footnotes", "api_labels", "basis_reason"):
        if name in kept.edition:
            yield f"{name}: {_text(kept.edition[name])}"


def _by_app(rows: Iterable[PageRow]) -> list[tuple[str, list[PageRow]]]:
    """Return the rows of each app. A page that asks for a permission in several sections has an app in each."""
    listed = list(rows)
    keys = [(row.api.key if row.api else "", row.permission) for row in listed]
    if len(keys) == len(set(keys)):
        return [("", listed)] if listed else []
    sections: dict[str, list[PageRow]] = {}
    for row in listed:
        sections.setdefault(row.section, []).append(row)
    return list(sections.items())


def _app(section: str, rows: Sequence[PageRow], kept: _Kept) -> Iterator[str]:
    old = kept.app(section)
    drafted = {
        "key": _slug(section) or f"{TODO} a key of the app, such as contoso-backup",
        "name": section or f"{TODO} the name of the app",
        "kind": f"{TODO} registration, enterprise-app or shared-principal",
        "role": f"{TODO} what the app is for, in our own words",
    }
    fields = {name: _said(old, name, text) for name, text in drafted.items()}
    more = {name: value for name, value in old.items() if name not in fields and name not in ("permissions", "section")}
    yield from _entry({**fields, **more, **({"section": section} if section else {})}, "  ")
    yield "    permissions:"
    for row in rows:
        if row.api is not None and row.permission is not None:
            yield f"      # {row.outcome.value}: {row.place}: {_comment(row.why)}"
            yield from _entry(_permission(row, row.api, row.permission, section, old), "      ")


def _permission(row: PageRow, api: Api, entry: ApiPermission, section: str, app: Mapping[str, Any]) -> dict[str, Any]:
    old = _Kept.permission(app, api.key, entry)
    reads, writes = _READS.search(entry.name), _WRITES.search(entry.name)
    capability = "write" if writes else "read" if reads else f"{TODO} read or write"
    purpose = f"{TODO} what the vendor needs it for, in our own words" if row.has_purpose else "not-stated"
    fields: dict[str, Any] = {
        "api": api.key,
        "type": entry.type.value,
        "name": entry.name,
        "id": entry.id,
        "capability": _said(old, "capability", capability),
        "purpose": _said(old, "purpose", purpose),
    }
    if row.stated is None:
        fields["basis"] = _said(old, "basis", "inferred")
    if row.section and row.section != section:
        fields["group"] = row.section
    if folded(row.printed) not in (folded(entry.name), folded(entry.display_name)):
        reason = f"{TODO} why {row.printed} means {entry.name}"
        fields["correction"] = _said(old, "correction", "") or {"written_as": row.printed, "reason": reason}
    if row.misdescribed:
        reason = f"That is the title of another permission of {api.name}."
        fields["misdescribed"] = _said(old, "misdescribed", "") or {"written_as": row.misdescribed, "reason": reason}
    return {**fields, **{name: value for name, value in old.items() if name not in fields}}


def _decisions(rows: Sequence[PageRow], decided: Mapping[str, Decision]) -> str:
    """Return the file of decisions: of each row that needs one, and of rows that are not there any more."""
    lines = [_DECISIONS_HEAD + "rows:"]
    open_rows = {row.digest: row for row in rows if row.outcome is not Outcome.TAKEN}
    for digest, row in open_rows.items():
        fields = {"row": digest, "place": row.place, "printed": row.printed, "question": row.why}
        choices = [permission_title(api.key, entry.type.value, entry.name) for api, entry in row.choices]
        if choices:
            fields["choices"] = ", ".join(choices)
        earlier = decided.get(digest)
        lines += _entry({**fields, "decision": earlier.fields["decision"] if earlier else TODO}, "  ")
    gone = [decision for digest, decision in decided.items() if digest not in open_rows]
    if gone:
        lines.append("  # These rows are not on the page any more, or need no decision now.")
        lines += [line for decision in gone for line in _entry(decision.fields, "  ")]
    return "\n".join(lines) + "\n" if len(lines) > 1 else ""


def _entry(fields: Mapping[str, Any], indent: str) -> list[str]:
    """Return the lines of a list's entry."""
    lines = list(_fields(fields, f"{indent}  "))
    return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]


def _fields(fields: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in fields.items():
        yield f"{indent}{name}: {_text(value)}"


_BARE = re.compile(r"[A-Za-z][\w. ,/-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def _text(value: Any) -> str:
    """Return a value as YAML, on one line: JSON is YAML too."""
    if isinstance(value, str) and _BARE.fullmatch(value) and value.casefold() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str) -> str:
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def _slug(text: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\bpermissions?\b", "", text.casefold())).strip("-")
    return words[:60].strip("-")


def row_by_id(place: str, app_id: str, kind: PermissionType, ident: str) -> PageRow:
    """Return the row that a permission of an API makes, by its id; refused where no list has it."""
    api = api_of(app_id)
    entry = api.by_id(kind, ident) if api else None
    return _listed(place, app_id, kind, ident.lower(), api, entry)


def row_by_name(place: str, app_id: str, kind: PermissionType, name: str) -> PageRow:
    """Return the row that a permission of an API makes, by its name; refused where no list has it."""
    api = api_of(app_id)
    names = {offered.casefold(): offered for offered in api.names(kind)} if api else {}
    entry = api.find(names.get(name.casefold(), name), kind) if api else None
    return _listed(place, app_id, kind, name, api, entry)


def _listed(
    place: str, app_id: str, kind: PermissionType, printed: str, api: Api | None, entry: ApiPermission | None
) -> PageRow:
    if api is None:
        why = f"no list has the API {app_id}; make one with `lockstep catalogue api --api {app_id}`"
    elif entry is None:
        why = f"{api.name} lists no {kind.value} permission {printed}"
    else:
        why = "API, type and id, or name, are given"
    digest = sha256(f"{app_id}/{kind.value}/{printed}".casefold().encode()).hexdigest()[:16]
    outcome = Outcome.TAKEN if entry else Outcome.REFUSED
    return PageRow(
        place,
        "",
        entry.name if entry else printed,
        outcome,
        why,
        digest,
        api.name if api else app_id,
        kind,
        api if entry else None,
        entry,
    )
