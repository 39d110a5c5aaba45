"""What an audit may find: the rules, by name, with what each means. Data only."""

from __future__ import annotations

from lockstep.report import Rule, Severity

PAGE = "docs/audit.md"
ERROR, WARNING, INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

_TABLE: tuple[tuple[str, Severity, str, str], ...] = (
    ("app-missing", ERROR, "App missing", "An app that the vendor documents is not in the tenant."),
    ("app-replaced", ERROR, "App replaced", "Another application stands where the one on record, by its id, stood."),
    ("app-ambiguous", ERROR, "App ambiguous", "Several applications could be the one app; none was judged."),
    ("app-unidentified", ERROR, "App not identified", "An enterprise app cannot be told by its name alone."),
    ("principal-missing", ERROR, "Principal missing", "An app has no service principal, so nothing is in force."),
    ("principal-disabled", ERROR, "Principal disabled", "Nobody can sign in with the app."),
    ("permission-missing", ERROR, "Permission missing", "A documented permission is not consented."),
    ("permission-extra", ERROR, "Permission not documented", "The app has a permission that no document names."),
    ("permission-wrong-type", ERROR, "Wrong type", "The permission is documented, but in the other type."),
    ("permission-undocumented-api", ERROR, "API not documented", "The app may use an API that no document names."),
    ("permission-withheld", ERROR, "Withheld, yet granted", "The customer decided against a permission in force."),
    ("configured-without-consent", ERROR, "Configured, not consented", "The app asks for it, and it is not in force."),
    ("consent-without-configuration", ERROR, "Consented, not configured", "In force, but not in the app's own list."),
    ("exposed-scope-changed", ERROR, "Exposed scope changed", "A scope that the app offers is not as documented."),
    ("pre-authorized", WARNING, "Pre-authorised client", "A client may use the app's scopes without any consent."),
    ("look-alike", WARNING, "Look-alike", "Another app has the name of a documented one, or nearly."),
    ("environment", INFORMATION, "Another environment", "A set of apps with our names and one suffix."),
    ("secret-old", WARNING, "Old secret", "A client secret is old, or valid for very long."),
    ("credential-ends", WARNING, "Credential ends soon", "A credential ends within thirty days."),
    ("directory-role", WARNING, "Directory role", "The app's principal has a directory role besides its permissions."),
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
