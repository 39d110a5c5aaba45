"""From the lists of an app to findings with a weight, a place and a way to put it right. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from lockstep.audit.fixes import BY_UP, of_app, of_permission
from lockstep.audit.identify import State
from lockstep.audit.judge import AppAudit, Held, ScopeStatus
from lockstep.audit.permissions import Row, Status
from lockstep.audit.records import Observed
from lockstep.audit.rules import SEVERITIES
from lockstep.catalogue import AppKind
from lockstep.report import Finding, Severity

OLD = 365  # days
LONG = 2 * 366  # days that a secret may be valid, at most
SOON = 30  # days
_OK = (Status.AS_DOCUMENTED, Status.TOLERATED)


def findings(audits: Sequence[AppAudit], observed: Observed) -> list[Finding]:
    """Return everything that is not as it must be, or worth knowing, about one tenant."""
    found = [each for audit in audits for source in _SOURCES for each in source(audit, observed)]
    found += _shared_principals(audits, observed)
    for missing in observed.not_read:
        message = f"{missing.what} could not be read: {missing.why}"
        fix = f"give the caller {missing.needs}, or have somebody else audit them"
        found.append(_finding("not-read", message, f"tenant {observed.tenant_id}", observed, fix=fix))
    return found


def _finding(
    rule: str,
    message: str,
    subject: str,
    observed: Observed,
    *,
    severity: Severity | None = None,
    fix: str | None = None,
    allowed: str | None = None,
    source: str | None = None,
    **properties: str,
) -> Finding:
    given = {"tenant": observed.tenant_id, **{name: value for name, value in properties.items() if value}}
    return Finding(rule, severity or SEVERITIES[rule], message, subject, allowed, fix, source, None, given)


def _about(audit: AppAudit, rule: str, message: str, observed: Observed, **more: Any) -> Finding:
    expected = audit.found.subject.expected
    subject = f"{audit.title} in tenant {observed.tenant_id}"
    facts = {"vendor": expected.vendor, "app": expected.app.key, "clientId": audit.app_id}
    return _finding(rule, message, subject, observed, **{**facts, **more})


def _presence(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    found, expected = audit.found, audit.found.subject.expected
    if found.state is State.AMBIGUOUS:
        names = ", ".join(found.candidates)
        fix = (
            "delete or rename those that are not it, or adopt one: "
            f"`lockstep adopt --stack STACK --app {expected.app.key}=OBJECT_ID`"
        )
        yield _about(audit, "app-ambiguous", f"any of these could be {found.name}: {names}", observed, fix=fix)
    elif found.state is State.UNIDENTIFIED:
        names = ", ".join(found.candidates)
        fix = "compare the client id with the vendor's consent page, then give it: --atera-client-id, or ateraClientId"
        yield _about(audit, "app-unidentified", f"a name proves nothing: {names}", observed, fix=fix)
    elif expected.kind is AppKind.SHARED_PRINCIPAL or (found.state is State.ABSENT and found.subject.optional):
        return
    elif found.state is State.ABSENT:
        yield _about(audit, "app-missing", f"{found.name} is not in the tenant", observed, fix=of_app(audit))
    elif found.state is State.NO_PRINCIPAL:
        yield _about(audit, "principal-missing", f"{found.name} has no service principal", observed, fix=of_app(audit))
    elif found.state is State.DISABLED:
        fix = "enable it under Enterprise applications > Properties, or delete what nobody uses"
        yield _about(audit, "principal-disabled", f"{found.name} is disabled", observed, fix=fix)


def _shared_principals(audits: Sequence[AppAudit], observed: Observed) -> Iterator[Finding]:
    """Judge the presence of shared principals: which of them must be there is the setting's word."""
    by_app: dict[str, list[AppAudit]] = {}
    for audit in audits:
        if audit.additive:
            by_app.setdefault(audit.found.subject.app.key, []).append(audit)
    fix = "open SharePoint admin center > Advanced > API access once, or set sharepoint: later"
    for group in by_app.values():
        expected = group[0].found.subject.expected
        there = [audit for audit in group if audit.found.state is State.PRESENT]
        for audit in group:
            if audit.found.principal_key in expected.required and audit not in there:
                rule = "principal-disabled" if audit.found.state is State.DISABLED else "principal-missing"
                message = f"the principal {audit.found.name!r} is {audit.found.state.value}"
                yield _about(audit, rule, message, observed, fix=fix)
        if expected.one_of and not there:
            names = " nor ".join(repr(audit.found.name) for audit in group)
            yield _about(group[0], "principal-missing", f"neither {names} is there", observed, fix=fix)


def _permissions(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    rules = {
        Status.MISSING: ("permission-missing", "is documented and not consented"),
        Status.EXTRA: ("permission-extra", "is not documented"),
        Status.WRONG_TYPE: ("permission-wrong-type", "is documented in the other type only"),
        Status.UNDOCUMENTED_API: ("permission-undocumented-api", "is on an API that no document of this app names"),
    }
    stays = audit.found.subject.expected.extras_stay
    for row in audit.permissions.rows:
        if row.status in rules and not (row.status is Status.MISSING and row.configured):
            rule, words = rules[row.status]
            # The stack leaves undocumented extras in place and wants to hear of them.
            severity = Severity.WARNING if stays and row.status is not Status.MISSING else None
            state = "" if row.status is Status.MISSING else f" ({_where(row)})"
            message, fix = f"{row.title} {words}{state}", of_permission(audit, row)
            yield _about(audit, rule, message, observed, severity=severity, fix=fix, **_facts(row))
        elif row.status is Status.WITHHELD and (row.consented or row.configured):
            severity = Severity.WARNING if audit.additive else None
            message, fix = f"{row.title} is withheld by the customer, and {_where(row)}", of_permission(audit, row)
            yield _about(audit, "permission-withheld", message, observed, severity=severity, fix=fix, **_facts(row))


def _halves(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    """Find what is documented and only half there; what is beyond the documents is found as such."""
    halves = (
        ("configured-without-consent", audit.permissions.unconsented, "configured and not consented: not in force"),
        ("consent-without-configuration", audit.permissions.unconfigured, "consented and not configured"),
    )
    for rule, rows, words in halves:
        for row in rows:
            if row.status in (Status.AS_DOCUMENTED, Status.MISSING):
                message, fix = f"{row.title} is {words}", of_permission(audit, row)
                yield _about(audit, rule, message, observed, fix=fix, **_facts(row))


def _where(row: Row) -> str:
    words = [word for word, held in (("consented", row.consented), ("configured", row.configured)) if held]
    since = f" since {row.since[:10]}" if row.since and row.consented else ""
    return f"{' and '.join(words)}{since}"


def _facts(row: Row) -> dict[str, str]:
    return {
        "api": row.api,
        "apiId": row.api_id,
        "type": row.type.value,
        "permission": row.value or row.id,
        "permissionId": row.id,
        "list": row.status.value,
    }


def _scopes(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    for each in audit.exposed:
        if each.status in _SCOPE_WORDS:
            message = f"the exposed scope {each.scope.value} is {_SCOPE_WORDS[each.status]}"
            facts = {"permission": each.scope.value, "list": each.status.value}
            yield _about(audit, "exposed-scope-changed", message, observed, fix=BY_UP, **facts)


def _pre_authorized(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    application = audit.found.application
    for client in sorted(application.pre_authorized) if application else ():
        known = observed.principal(client)
        name = f"{known.record.display_name} ({client})" if known else client
        message = f"the client {name} may use its scopes without anybody's consent"
        fix = "no document asks for it: take it out under Expose an API > Authorized client applications"
        yield _about(audit, "pre-authorized", message, observed, fix=fix, client=client)


_SCOPE_WORDS = {
    ScopeStatus.MISSING: "not there",
    ScopeStatus.DISABLED: "disabled, so that nobody gets a token for it",
    ScopeStatus.CHANGED: "open to others than documented: who may consent differs",
    ScopeStatus.EXTRA: "not documented",
}


def _look_alikes(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    for other in audit.found.look_alikes:
        rule = "environment" if other.environment else "look-alike"
        words = "looks like another environment of" if other.environment else "has the name of, or nearly,"
        when = f", made {other.created[:10]}" if other.created else ""
        message = f"{other.name!r} ({other.kind}, app id {other.app_id}{when}) {words} {audit.found.name}"
        fix = None if other.environment else "find out whose it is and what it may do; delete it, or rename it"
        yield _about(audit, rule, message, observed, fix=fix, lookAlike=other.app_id)


def _credentials(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    for held in audit.credentials:
        one = held.credential
        if held.left is not None and held.left < 0:
            continue
        title = f"the {one.kind} {one.name or one.id!r} of the {one.of}"
        if one.kind == "secret" and (why := _old(held)):
            fix = "replace it by a certificate or a federated credential, and remove it"
            yield _about(audit, "secret-old", f"{title} {why}", observed, fix=fix, credential=one.id)
        if held.left is not None and held.left <= SOON:
            fix = "add its successor before it ends"
            message = f"{title} ends in {held.left} days, on {one.expires[:10]}"
            yield _about(audit, "credential-ends", message, observed, fix=fix, credential=one.id)


def _old(held: Held) -> str:
    """Return why a secret counts as old, or nothing."""
    words = []
    if held.age is not None and held.age >= OLD:
        words.append(f"is {held.age} days old")
    if held.age is not None and held.left is not None and held.age + held.left > LONG:
        words.append(
            f"is valid for {round((held.age + held.left) / 365.25)} years, until {held.credential.expires[:10]}"
        )
    return " and ".join(words)


def _roles(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    if audit.additive:
        return
    for role in audit.holdings.roles or ():
        where = "in the whole tenant" if role.scope == "/" else f"over {role.scope}"
        message = f"its principal has the directory role {role.name or role.id} {where}"
        fix = "no document asks for it: take it away under Roles and administrators, unless somebody needs it"
        yield _about(audit, "directory-role", message, observed, fix=fix, role=role.name or role.id)


def _owners(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    owners = {each.id: each for each in audit.holdings.owners or ()}
    if not owners or audit.additive:
        return
    declared = audit.found.subject.owners
    unknown = [] if declared is None else [each for each in owners.values() if each.id not in declared]
    for each in unknown:
        message = f"{each.name or each.id} ({each.kind}) owns it and is not in the setting owners"
        fix = "an owner may give the app a credential and act as it: remove it, or name it in owners"
        yield _about(audit, "owner-undeclared", message, observed, fix=fix, owner=each.id)
    rest = [each for each in owners.values() if each not in unknown]
    if rest:
        names = ", ".join(sorted(each.name or each.id for each in rest))
        yield _about(audit, "owner", f"owned by {names}", observed)


def _users(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    good = [row for row in audit.permissions.users if row.status in _OK or audit.additive]
    bad = [row for row in audit.permissions.users if row not in good]
    for rule, rows in (("user-consent", good), ("user-consent-undocumented", bad)):
        if rows:
            named = ", ".join(f"{row.value or row.id} ({_count(row.users)})" for row in rows)
            fix = "ask those users, and take their consents away" if rule.endswith("undocumented") else None
            message = f"users consented for themselves: {named}"
            yield _about(audit, rule, message, observed, fix=fix, permission=" ".join(row.value for row in rows))


def _foreign(audit: AppAudit, observed: Observed) -> Iterator[Finding]:
    rows = audit.permissions.of(Status.FOREIGN)
    if rows:
        named = ", ".join(row.title for row in rows)
        message = f"{len(rows)} of others are left alone: {named}"
        yield _about(audit, "foreign", message, observed, list=Status.FOREIGN.value)


def _count(users: int) -> str:
    return "1 user" if users == 1 else f"{users} users"


Source = Callable[[AppAudit, Observed], Iterable[Finding]]
_SOURCES: tuple[Source, ...] = (
    _presence,
    _permissions,
    _halves,
    _scopes,
    _pre_authorized,
    _look_alikes,
    _credentials,
    _roles,
    _owners,
    _users,
    _foreign,
)
