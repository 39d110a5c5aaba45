"""From the lists of an app to findings with a weight, a place and a way to put it right.

The rules are here by name, with what each means: what an audit may find.

What puts an app right is the stack's next `up`, after a look at what was changed by hand (a refresh), or an
administrator where the consents are theirs (`by-admin`). Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from lockstep.audit.judge import AppAudit, JudgedCredential, RoleStatus, ScopeStatus
from lockstep.audit.permissions import PermissionRow, Status
from lockstep.audit.standing import ANY_STACK, AppStanding, standing_of, way_on
from lockstep.catalogue import AppKind, api_of
from lockstep.consent import DEFAULT_ACCESS
from lockstep.directory.identification import AppState, evidence_of
from lockstep.directory.records import WHOLE_TENANT, Holdings, TenantReading
from lockstep.report import Finding, Rule, Severity
from lockstep.settings.traits import CREDENTIALS, FEDERATED, OF_PRINCIPAL, PRE_AUTHORIZED, effect_of, place_of

PAGE = "docs/audit.md"
ERROR, WARNING, INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

_TABLE: tuple[tuple[str, Severity, str, str], ...] = (
    ("app-missing", ERROR, "App missing", "An app that the vendor documents is not in the tenant."),
    ("app-replaced", ERROR, "App replaced", "Another application stands where the one on record, by its id, stood."),
    ("app-ambiguous", ERROR, "App ambiguous", "Several applications could be the one app; none was judged."),
    ("app-unidentified", ERROR, "App not identified", "An enterprise app cannot be told by its name alone."),
    ("principal-missing", ERROR, "Principal missing", "An app has no service principal, so nothing is in force."),
    (
        "principal-unsure",
        WARNING,
        "Principal not certain",
        "A principal that may be Microsoft's shared one: left alone.",
    ),
    ("principal-disabled", ERROR, "Principal disabled", "Nobody can sign in with the app."),
    ("permission-missing", ERROR, "Permission missing", "A documented permission is not consented."),
    ("permission-extra", ERROR, "Permission not documented", "The app has a permission that no document names."),
    ("permission-wrong-type", ERROR, "Wrong type", "The permission is documented, but in the other type."),
    ("permission-undocumented-api", ERROR, "API not documented", "The app may use an API that no document names."),
    ("retired-api", WARNING, "Retired API", "A permission is on an API that Microsoft has retired."),
    ("permission-withheld", ERROR, "Withheld, yet granted", "The customer decided against a permission in force."),
    ("configured-without-consent", ERROR, "Configured, not consented", "The app asks for it, and it is not in force."),
    ("consent-without-configuration", ERROR, "Consented, not configured", "In force, but not in the app's own list."),
    ("exposed-scope-changed", ERROR, "Exposed scope changed", "A scope that the app offers is not as documented."),
    ("pre-authorized", WARNING, "Pre-authorised client", "A client may use the app's scopes without any consent."),
    ("beside-permissions", ERROR, "More than permissions", "An app has what no document asks for: an address, a role."),
    (
        "kept",
        INFORMATION,
        "Kept beside permissions",
        "An adopted app has what its stack keeps, and no document asks for.",
    ),
    ("default-access", INFORMATION, "Default access", "An assignment to an API that names no role: it grants nothing."),
    ("look-alike", WARNING, "Look-alike", "Another app has the name of a documented one, or nearly."),
    ("environment", INFORMATION, "Another environment", "A set of apps with our names and one suffix."),
    ("credential", INFORMATION, "Credential", "Who can act as the app: a secret, a certificate, a believed subject."),
    ("credential-undeclared", WARNING, "Credential not declared", "A credential that the app's stack does not name."),
    ("secret-old", WARNING, "Old secret", "A client secret is old, or valid for very long."),
    ("credential-ends", WARNING, "Credential ends soon", "A credential ends within thirty days."),
    (
        "directory-role",
        WARNING,
        "Directory role",
        "The app's principal has a directory role besides its permissions, or lacks one that the vendor asks for.",
    ),
    ("older-consent", INFORMATION, "Older consent", "So much is missing that the consent may be one to give again."),
    ("owner", INFORMATION, "Owner", "Who may change the app, and give it a credential."),
    ("owner-undeclared", WARNING, "Owner not declared", "An owner whom the stack does not name."),
    ("user-consent", INFORMATION, "Users' own consent", "Users have consented to documented permissions themselves."),
    ("user-consent-undocumented", WARNING, "Users' own consent, undocumented", "Users gave what no document names."),
    ("foreign", INFORMATION, "Consents of others", "On a shared principal, and none of ours: left alone."),
    ("tenant-not-audited", ERROR, "Tenant not audited", "The tenant could not be read; nothing is said about it."),
    ("not-read", WARNING, "Not read", "The caller may not read a list, so nothing is said about it."),
)

SEVERITIES = {name: severity for name, severity, _, _ in _TABLE}
RULES = tuple(Rule(name, title, description, PAGE) for name, _, title, description in _TABLE)
OLD = 365  # days
LONG = 2 * 366  # days that a secret may be valid, at most
SOON = 30  # days
_OK = (Status.AS_DOCUMENTED, Status.TOLERATED)
_WANTED = (Status.AS_DOCUMENTED, Status.MISSING)


def findings(audits: Sequence[AppAudit], reading: TenantReading) -> list[Finding]:
    """Return everything that is not as it must be, or worth knowing, about one tenant."""
    lines: list[Finding] = []
    for audit in audits:
        lines += _presence(audit, reading)
        lines += [finding for judge in _JUDGES for finding in judge(audit, reading)]
    # Whatever else is said of an application that is not the one on record comes after that.
    lines.sort(key=lambda finding: finding.rule != "app-replaced")
    lines += _shared_principals(audits, reading)
    for missing in reading.not_read:
        message = f"{missing.what} could not be read: {missing.why}"
        fix = missing.other_fix or f"{missing.fix}, or have somebody else audit them"
        lines.append(_finding("not-read", message, f"tenant {reading.tenant_id}", reading, fix=fix))
    return lines


def _finding(
    rule: str,
    message: str,
    subject: str,
    reading: TenantReading,
    *,
    severity: Severity | None = None,
    fix: str | None = None,
    allowed: str | None = None,
    source: str | None = None,
    **properties: str,
) -> Finding:
    facts = {"tenant": reading.tenant_id, **{name: value for name, value in properties.items() if value}}
    return Finding(rule, severity or SEVERITIES[rule], message, subject, allowed, fix, source, None, facts)


def _about(audit: AppAudit, rule: str, message: str, reading: TenantReading, **more: Any) -> Finding:
    expected = audit.app
    subject = f"{audit.title} in tenant {reading.tenant_id}"
    facts = {"vendor": expected.vendor, "app": expected.app.key, "clientId": audit.app_id}
    return _finding(rule, message, subject, reading, **{**facts, **more})


def _presence(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    identified, expected = audit.identified, audit.app
    if identified.lost is not None and identified.application is not None:
        was = identified.lost.app_id or f"object id {identified.lost.object_id}"
        message = f"another application: client id {audit.app_id}, was {was}"
        yield _about(audit, "app-replaced", message, reading, fix=way_on(identified, audit.commands))
    if identified.state is AppState.AMBIGUOUS:
        names = ", ".join(identified.titles)
        fix = f"find out which one it is, and leave the others alone; then {way_on(identified, audit.commands)}"
        yield _about(audit, "app-ambiguous", f"any of these could be {identified.name}: {names}", reading, fix=fix)
    elif identified.state is AppState.UNIDENTIFIED:
        names = ", ".join(identified.titles)
        fix = (
            f"compare the client id with the vendor's consent page, then give it: --client-id {expected.key}=ID, or"
            f" `clientId` of {expected.key} in the stack file"
        )
        yield _about(audit, "app-unidentified", f"a name proves nothing: {names}", reading, fix=fix)
    elif expected.kind is AppKind.SHARED_PRINCIPAL or (identified.state is AppState.ABSENT and audit.app.may_be_absent):
        return
    elif identified.state is AppState.ABSENT:
        message, fix = f"{identified.name} is not in the tenant", _of_app(audit)
        yield _about(audit, "app-missing", message, reading, fix=fix)
    elif identified.state is AppState.NO_PRINCIPAL:
        message, fix = f"{identified.name} has no service principal", _of_app(audit)
        yield _about(audit, "principal-missing", message, reading, fix=fix)
    elif identified.state is AppState.DISABLED:
        fix = "find out who disabled it and why; to use it again, enable it under Enterprise applications > Properties"
        yield _about(audit, "principal-disabled", f"{identified.name} is disabled", reading, fix=fix)


def _shared_principals(audits: Sequence[AppAudit], reading: TenantReading) -> Iterator[Finding]:
    """Judge the presence of shared principals: which of them must be there is the setting's word."""
    by_app: dict[str, list[AppAudit]] = {}
    for audit in audits:
        if audit.additive:
            by_app.setdefault(audit.app.key, []).append(audit)
    fix = "open SharePoint admin center > Advanced > API access once, or set principals: later"
    for group in by_app.values():
        expected = group[0].app
        present = [audit for audit in group if audit.identified.state is AppState.PRESENT]
        for audit in group:
            yield from _unsure(audit, reading)
            if audit.identified.principal_key in expected.required and audit not in present:
                rule = "principal-disabled" if audit.identified.state is AppState.DISABLED else "principal-missing"
                message = f"the principal {audit.identified.name!r} is {audit.identified.state.value}"
                yield _about(audit, rule, message, reading, fix=fix)
        if expected.one_of and not present:
            names = " nor ".join(repr(audit.identified.name) for audit in group)
            yield _about(group[0], "principal-missing", f"neither {names} is there", reading, fix=fix)


def _unsure(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    """Name what may be the principal, with all that speaks for it. Nothing is written to it."""
    entry = audit.identified
    for record in entry.namesakes:
        evidence = evidence_of(record, entry, reading.tenant_id)
        documented = {permission.name.casefold() for permission in audit.app.wanted}
        held = reading.holdings.get(record.object_id, Holdings()).consents
        ours = sum(consent.value.casefold() in documented for consent in held)
        if ours:
            evidence += (f"{ours} of the {len(documented)} documented scopes, which it holds",)
        sure = ("possibly", "likely", "very likely")[min(len(evidence), 2)]
        speaks = " and ".join([*evidence[:-1], evidence[-1]]) if evidence else "nothing but its name"
        message = (
            f"{record.display_name!r} (app id {record.app_id}) is {sure} the principal {entry.name!r}: for it speaks"
            f" {speaks}; it does not have the identifier URI that the principal is documented with"
        )
        fix = (
            "leave it as it is: it may be Microsoft's, and other applications may use it. Lockstep writes only to one"
            " that it knows for certain. An administrator approves the scopes under SharePoint admin center > Advanced"
            f" > API access, or the stack does without it: `principals: later` of {audit.app.key}"
        )
        yield _about(audit, "principal-unsure", message, reading, fix=fix, lookAlike=record.app_id)


def _permissions(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    rules = {
        Status.MISSING: ("permission-missing", "is documented and not consented"),
        Status.EXTRA: ("permission-extra", "is not documented"),
        Status.WRONG_TYPE: ("permission-wrong-type", "is documented in the other type only"),
        Status.UNDOCUMENTED_API: ("permission-undocumented-api", "is on an API that no document of this app names"),
    }
    stays = audit.app.extras_stay
    for row in audit.permissions.rows:
        if row.status in rules and not (row.status is Status.MISSING and row.configured):
            rule, words = rules[row.status]
            # The stack leaves undocumented extras in place and wants to hear of them.
            severity = Severity.WARNING if stays and row.status is not Status.MISSING else None
            state = "" if row.status is Status.MISSING else f" ({_where(row)})"
            message, fix = f"{row.title} {words}{state}", _of_permission(audit, row)
            yield _about(audit, rule, message, reading, severity=severity, fix=fix, **_facts(row))
        elif row.status is Status.WITHHELD and (row.consented or row.configured):
            severity = Severity.WARNING if audit.additive else None
            message, fix = f"{row.title} is withheld by the customer, and {_where(row)}", _of_permission(audit, row)
            yield _about(audit, "permission-withheld", message, reading, severity=severity, fix=fix, **_facts(row))


def _halves(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    """Find what is documented and only half there; what is beyond the documents is found as such."""
    halves = (
        ("configured-without-consent", audit.permissions.unconsented, "configured and not consented: not in force"),
        ("consent-without-configuration", audit.permissions.unconfigured, "consented and not configured"),
    )
    for rule, rows, words in halves:
        for row in rows:
            if row.status in _WANTED:
                message, fix = f"{row.title} is {words}", _of_permission(audit, row)
                yield _about(audit, rule, message, reading, fix=fix, **_facts(row))


def _retired(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    """Find what is documented, configured or consented on an API that Microsoft has retired, once for each API."""
    rows = (*audit.permissions.rows, *audit.permissions.users)
    row_keys = [(row.api_id, row.type.value, row.value or row.id) for row in rows]
    documented = [(entry.permission.api, entry.type.value, entry.name) for entry in audit.app.wanted]
    by_api: dict[str, list[str]] = {}
    for api_id, type_, name in dict.fromkeys((*row_keys, *documented)):
        by_api.setdefault(api_id, []).append(f"{type_} {name}")
    for api_id, names in by_api.items():
        api = api_of(api_id)
        if api is not None and api.retired is not None:
            message = (
                f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} on {api.name}, which Microsoft has retired:"
                f" no request to it works since {api.retired.since}"
            )
            fix = "ask the vendor which permissions of Microsoft Graph the app needs instead; these give it nothing"
            facts = {"api": api.name, "apiId": api.app_id}
            yield _about(audit, "retired-api", message, reading, fix=fix, source=api.retired.source, **facts)


def _where(row: PermissionRow) -> str:
    words = [word for word, held in (("consented", row.consented), ("configured", row.configured)) if held]
    since = f" since {row.since[:10]}" if row.since and row.consented else ""
    return f"{' and '.join(words)}{since}"


def _facts(row: PermissionRow) -> dict[str, str]:
    return {
        "api": row.api,
        "apiId": row.api_id,
        "type": row.type.value,
        "permission": row.value or row.id,
        "permissionId": row.id,
        "list": row.status.value,
    }


def _scopes(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    for judged in audit.exposed:
        if judged.status in _SCOPE_WORDS:
            message = f"the exposed scope {judged.scope.value} is {_SCOPE_WORDS[judged.status]}"
            facts = {"permission": judged.scope.value, "list": judged.status.value}
            yield _about(audit, "exposed-scope-changed", message, reading, fix=_by_up(audit), **facts)


def _pre_authorized(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    application = audit.identified.application
    for client in sorted(application.pre_authorized) if application else ():
        principal = reading.principal(client)
        name = f"{principal.display_name} ({client})" if principal else client
        message = f"the client {name} may use its scopes without anybody's consent"
        fix = (
            "no document asks for it: take it out under Expose an API > Authorized client applications, unless somebody"
            " needs it"
        )
        kept = any(words.startswith(client) for words in audit.app.may_have.get(PRE_AUTHORIZED, ()))
        severity = INFORMATION if kept else None
        yield _about(
            audit, "pre-authorized", message, reading, severity=severity, fix=None if kept else fix, client=client
        )


def _beside(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    """Find what an app of the tenant's own gives somebody beside permissions; the same that the policy pack refuses."""
    if audit.app.kind is not AppKind.REGISTRATION or audit.identified.application is None:
        return
    principal = audit.identified.principal
    traits = {**audit.identified.application.traits, **(principal.traits if principal else {})}
    for name, words in traits.items():
        if name.removeprefix(OF_PRINCIPAL) in {*CREDENTIALS, PRE_AUTHORIZED}:
            continue  # each has a rule of its own
        kept = audit.app.may_have.get(name, frozenset())
        for rule, those in (("beside-permissions", set(words) - kept), ("kept", set(words) & kept)):
            if those:
                message = f"{name}: {', '.join(sorted(those))}: {effect_of(name)}"
                fix = _away(audit, name) if rule == "beside-permissions" else None
                yield _about(audit, rule, message, reading, fix=fix, trait=name)


def _holders(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    """Find the credentials with which somebody can act as an app of the tenant's own, and that no stack names."""
    if audit.app.kind is not AppKind.REGISTRATION:
        return
    for judged in audit.credentials:
        one = judged.credential
        of = _CREDENTIAL_TRAITS[one.kind]
        name = of if one.of == "application" else f"{OF_PRINCIPAL}{of}"
        if (judged.left is not None and judged.left < 0) or one.words in audit.app.may_have.get(name, ()):
            continue
        title = f"the {one.kind} {one.name or one.id!r} of the {one.of} lets its holder act as the app"
        if audit.commands == ANY_STACK:
            yield _about(audit, "credential", title, reading, credential=one.id)
        else:
            message, fix = f"{title}, and the stack does not name it", _away(audit, name)
            yield _about(audit, "credential-undeclared", message, reading, fix=fix, credential=one.id)


def _away(audit: AppAudit, name: str) -> str:
    """Return how a trait goes; or comes to be kept, which only an app from before its stack can."""
    fix = f"take it away under {place_of(name, audit.identified.name)}, unless somebody needs it"
    return f"{fix}; then `{audit.commands.adopt} --write` has the stack keep it" if audit.app.adopted else fix


_CREDENTIAL_TRAITS = {"secret": "passwordCredentials", "certificate": "keyCredentials", "federated": FEDERATED}
_SCOPE_WORDS = {
    ScopeStatus.MISSING: "not there",
    ScopeStatus.DISABLED: "disabled, so that nobody gets a token for it",
    ScopeStatus.CHANGED: "open to others than documented: who may consent differs",
    ScopeStatus.EXTRA: "not documented",
}


def _look_alikes(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    for other in audit.identified.look_alikes:
        rule = "environment" if other.environment else "look-alike"
        words = "looks like another environment of" if other.environment else "has the name of, or nearly,"
        when = f", made {other.created[:10]}" if other.created else ""
        message = f"{other.name!r} ({other.kind}, app id {other.app_id}{when}) {words} {audit.identified.name}"
        # It may be another vendor's, or the one that is in use: nothing here says more of it than its name.
        fix = None if other.environment else "find out who made it, who uses it and what it may do; leave it until then"
        yield _about(audit, rule, message, reading, fix=fix, lookAlike=other.app_id)


def _credentials(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    for judged in audit.credentials:
        one = judged.credential
        if judged.left is not None and judged.left < 0:
            continue
        title = f"the {one.kind} {one.name or one.id!r} of the {one.of}"
        if one.kind == "secret" and (why := _old(judged)):
            fix = (
                "replace it by a certificate or a federated credential, and take it away once the sign-in logs show"
                " nobody who uses it"
            )
            yield _about(audit, "secret-old", f"{title} {why}", reading, fix=fix, credential=one.id)
        if judged.left is not None and judged.left <= SOON:
            fix = "add its successor before it ends"
            message = f"{title} ends in {judged.left} days, on {one.expires[:10]}"
            yield _about(audit, "credential-ends", message, reading, fix=fix, credential=one.id)


def _old(judged: JudgedCredential) -> str:
    """Return why a secret counts as old, or nothing."""
    words = []
    if judged.age is not None and judged.age >= OLD:
        words.append(f"is {judged.age} days old")
    if judged.age is not None and judged.left is not None and judged.age + judged.left > LONG:
        words.append(
            f"is valid for {round((judged.age + judged.left) / 365.25)} years, until {judged.credential.expires[:10]}"
        )
    return " and ".join(words)


def _default_access(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    for row in audit.holdings.assignments:
        if str(row.get("appRoleId")).lower() == DEFAULT_ACCESS:
            record = reading.apis.get(str(row.get("resourceId")).lower())
            api = record.display_name if record else str(row.get("resourceDisplayName") or row.get("resourceId"))
            message = (
                f"it is assigned to {api} with the default access role ({DEFAULT_ACCESS}), which grants no permission"
            )
            yield _about(audit, "default-access", message, reading, api=api)


def _roles(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    if audit.additive:
        return
    for role in audit.roles or ():
        held, documented = role.held, role.documented
        name = documented.name if documented else f"{held.name} ({held.id})" if held.name else held.id
        where = "in the whole tenant" if held.scope == WHOLE_TENANT else f"over {held.scope} only"
        message = f"its principal has the directory role {name} {where}"
        if documented is None:
            role_lines = [
                f"{entry.name} ({entry.template_id}), in the whole tenant" for entry in audit.app.app.directory_roles
            ]
            more: dict[str, Any] = {"severity": ERROR, "allowed": ", ".join(role_lines) or None, "fix": _ROLE_FIX}
        elif role.status is RoleStatus.AS_DOCUMENTED:
            message += (
                f", which its vendor documents{', as optional' if documented.optional else ''}: {documented.purpose}"
            )
            more = {"severity": INFORMATION, "source": documented.source.reference}
        elif any(entry.held.id == held.id and entry.status is RoleStatus.AS_DOCUMENTED for entry in audit.roles or ()):
            message = (
                f"its principal has {name} over {held.scope} as well as in the whole tenant, to which it adds nothing"
            )
            more = {"severity": INFORMATION}
        else:
            message += f"; it is documented in the whole tenant: {documented.purpose}"
            more = {"fix": _SCOPE_FIX, "source": documented.source.reference}
        yield _about(audit, "directory-role", message, reading, **more, role=name, list=role.status.value)
    for missing in audit.roles_missing:
        is_ours = missing in audit.app.directory_roles
        which = "which the stack gives it" if is_ours else "which is documented"
        message = f"its principal lacks the directory role {missing.name}, {which}: {missing.purpose}"
        fix = (
            _by_up(audit)
            if is_ours
            else f"find out whether that is wanted; then give {audit.identified.name} the role {missing.name}"
            f" ({missing.template_id}) in the whole tenant, under Roles and administrators"
        )
        severity, source = ERROR if is_ours else WARNING, missing.source.reference
        yield _about(
            audit, "directory-role", message, reading, severity=severity, fix=fix, source=source, role=missing.name
        )


_ROLE_FIX = (
    "no document asks for it: find out who gave it and what uses it; only once nothing does, take it away under Roles"
    " and administrators"
)
_SCOPE_FIX = (
    "leave it where somebody meant it so: what it is for works there only; or assign it in the whole tenant, under"
    " Roles and administrators"
)


def _older_consent(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    """Say what the vendor says of older consents, where so much is missing that this may be one."""
    missing = sum(row.status is Status.MISSING for row in audit.permissions.rows)
    total = len(audit.app.wanted)
    for renewal in () if audit.additive or audit.identified.principal is None else audit.app.renewals(missing):
        message = (
            f"{missing} of {total} documented permissions are missing, as from a consent of before {renewal.before}."
            f" {renewal.source.publisher} says: {renewal.says}"
        )
        fix = f"take the way that {renewal.source.publisher} names, or that of the stack: {_by_up(audit)}"
        yield _about(audit, "older-consent", message, reading, fix=fix, source=renewal.source.reference)


def _owners(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    owners = {owner.id: owner for owner in audit.holdings.owners or ()}
    if not owners or audit.additive:
        return
    declared = audit.app.owners or None
    unknown = [] if declared is None else [owner for owner in owners.values() if owner.id not in declared]
    for owner in unknown:
        message = f"{owner.name or owner.id} ({owner.kind}) owns it and is not in the setting owners"
        fix = "an owner may give the app a credential and act as it: name it in owners, or take it out under Owners"
        yield _about(audit, "owner-undeclared", message, reading, fix=fix, owner=owner.id)
    rest = [owner for owner in owners.values() if owner not in unknown]
    if rest:
        names = ", ".join(sorted(owner.name or owner.id for owner in rest))
        yield _about(audit, "owner", f"owned by {names}", reading)


def _users(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    good = [row for row in audit.permissions.users if row.status in _OK or audit.additive]
    bad = [row for row in audit.permissions.users if row not in good]
    for rule, rows in (("user-consent", good), ("user-consent-undocumented", bad)):
        if rows:
            named = ", ".join(f"{row.value or row.id} ({_count(row.users)})" for row in rows)
            fix = "ask those users, and take their consents away" if rule.endswith("undocumented") else None
            message = f"users consented for themselves: {named}"
            yield _about(audit, rule, message, reading, fix=fix, permission=" ".join(row.value for row in rows))


def _foreign(audit: AppAudit, reading: TenantReading) -> Iterator[Finding]:
    rows = audit.permissions.of(Status.FOREIGN)
    if rows:
        named = ", ".join(row.title for row in rows)
        message = f"{len(rows)} of others are left alone: {named}"
        yield _about(audit, "foreign", message, reading, list=Status.FOREIGN.value)


def _count(users: int) -> str:
    return "1 user" if users == 1 else f"{users} users"


_JUDGES: tuple[Callable[[AppAudit, TenantReading], Iterable[Finding]], ...] = (
    _permissions,
    _older_consent,
    _halves,
    _retired,
    _scopes,
    _pre_authorized,
    _look_alikes,
    _credentials,
    _beside,
    _holders,
    _default_access,
    _roles,
    _owners,
    _users,
    _foreign,
)


def _by_up(audit: AppAudit, what: str = "it") -> str:
    """Return how the stack puts right what somebody changed by hand, or made before there was a stack."""
    commands, identified = audit.commands, audit.identified
    if commands.local and standing_of(identified) is not AppStanding.SETTLED:
        way = way_on(identified, commands)
        return way if f"`{commands.up}`" in way else f"{way}; then `{commands.up}` puts {what} right"
    where = " (STACK is this tenant's stack)" if commands == ANY_STACK else ""
    fix = f"{commands.reconcile}{where} {'put' if commands.local else 'puts'} {what} right"
    if audit.additive or identified.recorded or identified.state is AppState.ABSENT:
        return fix
    return f"{fix}; an app that was made by hand has to be adopted first: `{commands.adopt} --write`"


def _of_app(audit: AppAudit) -> str:
    """Return how an app that is not there is put right."""
    if audit.identified.lost is not None:
        return way_on(audit.identified, audit.commands)
    fix = _by_up(audit)
    return f"{fix}; then an administrator consents (`consents: by-admin`)" if audit.app.by_admin else fix


def _of_permission(audit: AppAudit, row: PermissionRow) -> str:
    """Return how a permission is put right, by what of it is wrong: its configuration, its consent, or both.

    Where the consents are an administrator's, no `up` gives or takes back any: it only writes down what is to be done.
    Where removals are only reported, none takes back any; of a shared principal, none takes back what others gave.
    """
    wanted, commands = row.status in _WANTED, audit.commands
    if row.consented is wanted:
        return _by_up(audit)
    if audit.app.by_admin:
        do = "gives" if wanted else "takes back"
        person = (
            f"an administrator {do} the consent (`consents: by-admin`, so no `up` does) at {_place(audit)}; after "
            f"{commands.reconcile}, `{commands.show}` has all that is left to do, with the address"
        )
        configuration = row.configured is not None and row.configured is not wanted
        return f"{_by_up(audit, 'the configuration')}; {person}" if configuration else person
    if row.consented and audit.app.extras_stay:
        return (
            f"`removals: report` leaves it in place: set that to apply, and {_by_up(audit)}; or take it back at "
            f"{_place(audit)}"
        )
    if row.consented and audit.additive:
        return f"{_by_up(audit)} where this stack gave it; what others gave is theirs to take back, at {_place(audit)}"
    return _by_up(audit)


def _place(audit: AppAudit) -> str:
    if audit.app.kind is AppKind.SHARED_PRINCIPAL:
        return "SharePoint admin center > Advanced > API access"
    return f"Microsoft Entra admin center > Enterprise applications > {audit.identified.name} > Permissions"
