"""The pure set algebra of consents: desired, actual, plan. No I/O; knows nothing of Pulumi or Graph."""

from lockstep.consent.consents import SIGN_IN_SCOPES, Consent, format_scopes, merge_scopes, parse_scopes
from lockstep.consent.plan import Plan, apply, plan_additive, plan_exact

__all__ = [
    "SIGN_IN_SCOPES",
    "Consent",
    "Plan",
    "apply",
    "format_scopes",
    "merge_scopes",
    "parse_scopes",
    "plan_additive",
    "plan_exact",
]
