"""The rules of the gate itself; those of the policy pack come with the pack. docs/pipelines.md describes each."""

from __future__ import annotations

from lockstep.report import Rule

_PAGE = "docs/pipelines.md"


def _rule(name: str, title: str, description: str) -> Rule:
    return Rule(name, title, description, _PAGE)


GRANT = _rule(
    "grant-not-approved",
    "Grant without approval",
    "A line of the grant manifest is added or bound anew, and no approval on the base names the difference.",
)
GUARDED = _rule(
    "guarded-file-changed",
    "Guarded file changed without approval",
    "A file that decides what is deployed, or how that is judged, is changed, and no approval on the base names it.",
)
APPROVED = _rule("approved", "Approved difference", "An approval on the base names exactly this difference.")
TRIAL = _rule(
    "trial-approval",
    "Approved for this run only",
    "The digest was given with --approve. A merge needs the approval on the base.",
)
EXPIRED = _rule("expired-approval", "Expired approval", "The approval of this difference has expired.")
ADDED_APPROVAL = _rule(
    "approval-in-this-change",
    "Approval in this change",
    "An approval counts once it is on the base, and comes in a pull request of its own.",
)
ADDED_EXCEPTION = _rule(
    "exception-in-this-change",
    "Exception in this change",
    "An exception counts once it is on the base.",
)
ADDED_ROW = _rule(
    "catalogue-in-this-change",
    "Catalogue row in this change",
    "What a vendor documents is judged by the base's catalogue; a row counts once it is on the base.",
)
WEAKENED = _rule(
    "weakened-pack",
    "Weakened policy pack",
    "A rule of the pack is switched off, made advisory, or gone, or the pack of this change does not load.",
)
FAILED = _rule("program-failed", "Program failed", "The program of a stack did not do its whole work on the emulator.")
EARLY = _rule(
    "program-ended-early",
    "Program ended early",
    "The program ended before it had registered what the stack's settings ask for.",
)
MISSING = _rule(
    "app-not-registered",
    "App not registered",
    "The stack's settings ask for an app that the program did not register with its consents.",
)
LOCK = _rule(
    "lock-not-installed",
    "Lock not installed",
    "What this change locks cannot be installed by hash and from wheels, so nothing of it was run.",
)
SETTING = _rule("stack-setting", "Stack setting refused", "The base's settings refuse the stack file.")

REMOVED = _rule(
    "stack-file-removed",
    "Stack file removed",
    "A stack file goes. What the stack deployed stays in the tenant, and nothing looks at it any more.",
)
UNGUARDED = _rule(
    "code-without-approval",
    "Code that needs no approval",
    "A file that no deployment runs, and that people run, is changed: a test, a benchmark, an example.",
)
HIDDEN = _rule(
    "hidden-from-the-gate",
    "Hidden from the gate",
    "A resource has a secret, or a value that never becomes known, where the gate has to see who gets what.",
)

RULES = (
    *(GRANT, GUARDED, APPROVED, TRIAL, EXPIRED, ADDED_APPROVAL, ADDED_EXCEPTION, ADDED_ROW, WEAKENED),
    *(FAILED, EARLY, MISSING, LOCK, SETTING, REMOVED, UNGUARDED, HIDDEN),
)
