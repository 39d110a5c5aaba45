"""What changed in a tenant between two audits: a comparison of two documents, whoever made them. Pure.

What one of the two could not read is left out: an unread list says nothing about a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from lockstep.audit.document import FORMAT, AuditedChange, AuditedTenant, ChangeEvent
from lockstep.audit.findings import SEVERITIES
from lockstep.audit.standing import ANY_STACK, StackCommands
from lockstep.catalogue import permission_title
from lockstep.errors import UsageError
from lockstep.report import Finding

Document = Mapping[str, Any]
Key = tuple[str, ...]
ANOTHER = "another application"
MAKE_ONE = "to fix: `lockstep audit --stack STACK --json` prints an audit"


@dataclass(frozen=True)
class TenantChange:
    """One thing that is not as it was. `before` is None for what came, `after` for what went."""

    tenant: str
    app: str
    what: str
    name: str
    before: str | None
    after: str | None
    targets: tuple[str, ...] = ()
    """Object ids of the application and the principal, by which the tenant's log knows them."""
    words: tuple[str, ...] = ()
    """What an entry of the log has to mention to be about this."""
    events: tuple[ChangeEvent, ...] = field(default=(), compare=False)

    @property
    def sign(self) -> str:
        """`+` for what came, `-` for what went, `~` for what is otherwise."""
        return "+" if self.before is None else "-" if self.after is None else "~"

    @property
    def replaces(self) -> bool:
        """Whether another application stands where one was that is known by its client id."""
        return self.what == ANOTHER

    @property
    def line(self) -> str:
        """The change for a person, in one line."""
        if self.replaces:
            return f"~ {self.app}: {_another(self)}"
        state = " -> ".join(part for part in (self.before, self.after) if part)
        return f"{self.sign} {self.app}: {self.what} {self.name} ({state})"

    def document(self) -> AuditedChange:
        """Return the change for `--json`."""
        return AuditedChange.model_validate(self)


def replacements(changes: Iterable[TenantChange], commands: StackCommands = ANY_STACK) -> list[Finding]:
    """Return an error for each application that is not the one that the earlier audit knew."""
    return [
        Finding(
            "app-replaced",
            SEVERITIES["app-replaced"],
            _another(change),
            f"{change.app} ({change.after}) in tenant {change.tenant}",
            fix="find out who made it and why: whatever was granted to the earlier one is not this one's; then "
            f"`{commands.doctor}` says how the stack goes on",
            properties={"tenant": change.tenant, "clientId": str(change.after)},
        )
        for change in changes
        if change.replaces
    ]


def _another(change: TenantChange) -> str:
    return f"{ANOTHER}: client id {change.after}, was {change.before}"


def compare(earlier: Document, later: Document) -> list[TenantChange]:
    """Return the changes in every tenant that both documents have read, in a stable order.

    An application that is another one, by its client id, comes first: all else that is said of it is said of another.
    """
    before = {entry["tenant"]["id"]: entry for entry in earlier["tenants"] if entry["error"] is None}
    changes: list[TenantChange] = []
    for entry in later["tenants"]:
        old = before.get(entry["tenant"]["id"])
        if old is not None and entry["error"] is None:
            changes += sorted(_tenant(old, entry), key=lambda change: not change.replaces)
    return changes


def read_document(document: Any, where: str) -> Document:
    """Return an audit document; UsageError, naming `where`, for anything else."""
    form = document.get("format") if isinstance(document, dict) else None
    if not isinstance(document, dict) or form != FORMAT or not isinstance(document.get("tenants"), list):
        raise UsageError(
            f"--compare {where}: is not an audit of format {FORMAT}{f' but {form!r}' if form else ''}; {MAKE_ONE}"
        )
    try:
        tenants = [AuditedTenant.model_validate(entry).values() for entry in document["tenants"]]
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(("tenants", *map(str, first["loc"])))
        raise UsageError(f"--compare {where}: {place}: {first['msg']}; {MAKE_ONE}") from None
    return {**document, "tenants": tenants}


def _tenant(before: Document, after: Document) -> Iterator[TenantChange]:
    tenant = after["tenant"]["id"]
    for vendor in sorted(before["editions"].keys() & after["editions"].keys()):
        old, new = before["editions"][vendor], after["editions"][vendor]
        if old["digest"] != new["digest"]:
            yield TenantChange(tenant, vendor, "edition", f"{vendor} edition", str(old["id"]), str(new["id"]))
    olds, news = _apps(before), _apps(after)
    for key in [*news, *(key for key in olds if key not in news)]:
        old, new = olds.get(key, {}), news.get(key, {})
        name = str((new or old)["name"])
        targets = tuple(sorted({str(app[ident]) for app in (old, new) for ident in _IDS if app.get(ident)}))
        was, now = old.get("clientId"), new.get("clientId")
        if was and now and was != now:
            yield TenantChange(tenant, name, ANOTHER, "client id", str(was), str(now), targets, (str(now), str(was)))
        yield from _app(tenant, name, targets, old, new)


_IDS = ("objectId", "servicePrincipalId")


def _apps(entry: Document) -> dict[Key, Document]:
    return {(app["vendor"], app["app"], app["principal"]): app for app in entry["apps"]}


def _app(tenant: str, app: str, targets: tuple[str, ...], before: Document, after: Document) -> Iterator[TenantChange]:
    for what, facts in _FACTS.items():
        old, new = facts(before), facts(after)
        if old is None or new is None:
            continue
        for key in sorted({**old, **new}):
            was, now = old.get(key), new.get(key)
            if (was and was[1]) != (now and now[1]):
                name, words = (now or was or ("", "", ()))[0], (now or was or ("", "", ()))[2]
                yield TenantChange(tenant, app, what, name, was and was[1], now and now[1], targets, words)


Facts = dict[Key, tuple[str, str, tuple[str, ...]]]
"""By identity: the name, the state in words, and what an entry of the log mentions."""


def _state(app: Document) -> Facts:
    return {("",): ("state", str(app["state"]), ())} if app and app["state"] != "absent" else {}


def _permissions(app: Document) -> Facts:
    facts: Facts = {}
    for row in app.get("permissions", ()):
        halves = [word for word in ("consented", "configured") if row[word]]
        if halves:
            facts[_row_key(row)] = (_title(row), f"{row['status']}, {' and '.join(halves)}", _row_words(row))
    return facts


def _users(app: Document) -> Facts:
    return {
        _row_key(row): (_title(row), f"{row['users']} of users' own", _row_words(row))
        for row in app.get("userConsents", ())
    }


def _owners(app: Document) -> Facts | None:
    owners = app.get("owners", ())
    if owners is None:
        return None
    return {(e["of"], e["id"]): (e["name"] or e["id"], f"owner of the {e['of']}", (e["id"],)) for e in owners}


def _credentials(app: Document) -> Facts:
    return {
        (e["kind"], e["id"]): (
            f"{e['kind']} {e['name'] or e['id']}",
            f"until {(e['expires'] or 'removed')[:10]}",
            (e["id"],),
        )
        for e in app.get("credentials", ())
    }


def _roles(app: Document) -> Facts | None:
    roles = app.get("directoryRoles", ())
    return (
        None if roles is None else {(e["id"], e["scope"]): (e["name"], f"over {e['scope']}", (e["id"],)) for e in roles}
    )


def _scopes(app: Document) -> Facts:
    return {(e["value"],): (e["value"], str(e["status"]), (e["value"],)) for e in app.get("exposedScopes", ())}


def _pre_authorized(app: Document) -> Facts:
    return {(client,): (str(client), "without consent", (str(client),)) for client in app.get("preAuthorized", ())}


def _look_alikes(app: Document) -> Facts:
    return {(e["clientId"],): (e["name"], f"{e['kind']} {e['clientId']}", ()) for e in app.get("lookAlikes", ())}


def _publisher(app: Document) -> Facts | None:
    """Whose the app is; an audit of before these fields says nothing of it."""
    if "verifiedPublisher" not in app:
        return None
    publisher, owner = app["verifiedPublisher"], app.get("ownerOrganization")
    name = f"{publisher['name']} ({publisher['id']})" if publisher else "nobody verified"
    return {("",): ("publisher", f"{name}, of {owner}", ())} if owner else {}


_FACTS = {
    "state": _state,
    "permission": _permissions,
    "user consent": _users,
    "owner": _owners,
    "credential": _credentials,
    "directory role": _roles,
    "exposed scope": _scopes,
    "pre-authorised client": _pre_authorized,
    "look-alike": _look_alikes,
    "publisher": _publisher,
}


def _row_key(row: Document) -> Key:
    word = str(row["value"]).casefold() if row["type"] == "delegated" else ""
    return str(row["apiId"]), str(row["type"]), word or str(row["id"])


def _title(row: Document) -> str:
    return permission_title(row["api"], row["type"], row["value"] or row["id"])


def _row_words(row: Document) -> tuple[str, ...]:
    return tuple(word for word in (str(row["value"]), str(row["id"])) if word)
