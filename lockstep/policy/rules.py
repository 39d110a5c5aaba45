"""The rules of the pack in their order: the only place that lists them. Documentation, exceptions and tests read it."""

from __future__ import annotations

from lockstep.policy.apps import check_apps, check_inside, check_shared, check_use_existing
from lockstep.policy.closed_world import check_grants, check_providers, check_types
from lockstep.policy.inputs import check_inputs
from lockstep.policy.judging import PolicyRule
from lockstep.policy.requested import check_configured, check_consents, name_tier_0
from lockstep.policy.roles import check_roles
from lockstep.policy.sign_in import (
    check_audience,
    check_password_life,
    check_passwords,
    check_redirects,
    check_subjects,
)
from lockstep.policy.stack_rules import check_consented, check_exceptions, check_references

RULES: tuple[PolicyRule, ...] = (
    PolicyRule(
        "only-documented-permissions-configured",
        "An application is configured with permissions that the declared edition documents for it, and no others.",
        check_configured,
    ),
    PolicyRule(
        "only-documented-permissions-consented",
        "Consents are those that the declared edition documents for the app, and no others.",
        check_consents,
    ),
    PolicyRule(
        "only-declared-directory-roles",
        "An app's principal is given the documented directory roles that the stack declares, and no others.",
        check_roles,
    ),
    PolicyRule(
        "only-declared-apps",
        "Applications, consents and principals are those of apps that the stack declares.",
        check_apps,
    ),
    PolicyRule(
        "only-declared-inputs",
        "Every input of an app's resources is one that its component sets, and has what the stack declares.",
        check_inputs,
    ),
    PolicyRule(
        "shared-principals-stay-shared",
        "A principal that others share, or that belongs to a vendor, is neither owned nor held in exact mode.",
        check_shared,
    ),
    PolicyRule("no-use-existing", "No service principal is taken over with use_existing.", check_use_existing),
    PolicyRule(
        "principals-in-registrations",
        "Service principals stand inside AppRegistration.",
        check_inside,
        excusable=True,
    ),
    PolicyRule(
        "only-listed-types",
        "Every resource is of a type on the list.",
        check_types,
        excusable=True,
    ),
    PolicyRule(
        "no-azuread-grants",
        "Nothing is granted by azuread's own grant types.",
        check_grants,
        excusable=True,
        by_name=True,
    ),
    PolicyRule(
        "only-default-providers",
        "Every resource uses the provider that the stack file configures.",
        check_providers,
        excusable=True,
    ),
    PolicyRule(
        "single-tenant-only",
        "Applications are for users of their own tenant only.",
        check_audience,
        excusable=True,
    ),
    PolicyRule(
        "https-redirects-only",
        "Redirect URIs are exact https addresses.",
        check_redirects,
        excusable=True,
    ),
    PolicyRule(
        "no-passwords",
        "Applications and service principals have no passwords.",
        check_passwords,
        excusable=True,
        by_name=True,
    ),
    PolicyRule(
        "passwords-end-within-180-days",
        "A password that an exception allows ends within 180 days.",
        check_password_life,
    ),
    PolicyRule(
        "exact-federated-subjects",
        "A federated credential names one exact subject.",
        check_subjects,
    ),
    PolicyRule(
        "tier-0-is-named",
        "Consents that can take over a tenant are named.",
        name_tier_0,
        blocks=False,
    ),
    PolicyRule(
        "configured-means-consented",
        "What is configured is consented, and what is consented is configured.",
        stack=check_consented,
    ),
    PolicyRule(
        "apps-change-in-components-only",
        "A vendor's app is changed by its own component only.",
        stack=check_references,
    ),
    PolicyRule(
        "exceptions-are-used",
        "Exceptions are in force and needed.",
        stack=check_exceptions,
        blocks=False,
    ),
)
EXCEPTION_USED = PolicyRule("exception-used", "A rule was lifted by an exception.", blocks=False)


def rules_by_name() -> dict[str, PolicyRule]:
    """Return every rule by its name, in the pack's order; the reports of used exceptions are one as well."""
    return {rule.name: rule for rule in (*RULES, EXCEPTION_USED)}
