"""Puts together what the gate found: the pack's refusals, the differences, the guarded files, and who approved them.

Takes what was run elsewhere; runs nothing and writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from lockstep.deployment import qualified_type, urn_name
from lockstep.gate import rules
from lockstep.gate.approvals import Approval
from lockstep.gate.change import PullRequest, StackRun
from lockstep.gate.changes import APPROVALS, EDITIONS, EXCEPTIONS, FileChange
from lockstep.gate.locate import Finder
from lockstep.gate.manifest import NOT_KNOWN, Line, hidden
from lockstep.rehearsal.boundary import Place
from lockstep.rehearsal.results import Violation
from lockstep.report import Finding, Location, Severity
from lockstep.report.text import visible

_SHOWN = 5  # lines of one resource that a finding repeats; the difference has them all
_PLACE = re.compile(r"\(([\w./-]+):(\d+)\)$")
_HEAD = re.compile(r"^([\w./-]+\.ya?ml):(\d+)(?::(\d+))?: ")
_LATER = f"have the printed entry added to {APPROVALS} on the base, in a pull request of its own"
# What a vendor documents is no news where it stays as it is.
_ONLY_OF_CHANGES = frozenset({"tier-0-is-named"})


def judge(change: PullRequest, finder: Finder) -> list[Finding]:
    """Return the findings."""
    findings = [finding for run in change.runs for finding in _run(run, finder)]
    findings += [_weakened(place, text) for place, text in change.weakened]
    if change.lock:
        place = Location(change.lock.file, change.lock.line)
        findings.append(Finding(rules.LOCK.name, Severity.ERROR, change.lock.text, "the lock", location=place))
    findings += _approvals_here(change)
    findings += [_removed(path) for path in change.removed]
    findings += [_unguarded(change.unguarded)] if change.unguarded else []
    findings += finder.remarks(change.today)
    if not change.digest:
        return findings
    held = change.held
    if held is not None and held.holds(change.today):
        return [*findings, _approved(change, held)]
    if change.trial == change.digest:
        return [*findings, _trial(change)]
    if held is not None:
        findings.append(_expired(held))
    findings += [finding for run in change.runs for finding in _grants(run, finder)]
    findings += _files(change.guarded, finder)
    findings += [_weakened(None, text) for text in change.softened]
    return findings


def _run(run: StackRun, finder: Finder) -> Iterator[Finding]:
    places = {entry.urn: entry.places for entry in run.registrations}
    subject = f"stack {run.stack}"
    if run.refused:
        yield Finding(
            rules.SETTING.name,
            Severity.ERROR,
            _HEAD.sub("", run.refused),
            subject,
            location=_named(run.refused, run.file),
        )
    for violation in run.violations:
        if violation.policy in _ONLY_OF_CHANGES and not _is_new(run, violation):
            continue
        yield _violation(run, violation, finder, places.get(violation.urn, ()))
    for entry in run.diagnostics:
        if entry.severity == "error" and entry.message != run.ended_early:
            urn = entry.urn or max((urn for urn in places if urn in entry.message), key=len, default="")
            place = finder.place(places.get(urn, ())) or _in_program(entry.message)
            yield Finding(rules.FAILED.name, Severity.ERROR, entry.message, _subject(run, entry.urn), location=place)
    if run.ended_early:
        fix = "let the program end by itself, after everything is registered"
        failed = run.ended_early.startswith("the program failed")
        yield Finding(
            rules.FAILED.name if failed else rules.EARLY.name,
            Severity.ERROR,
            run.ended_early,
            subject,
            fix=None if failed else fix,
            location=_in_program(run.ended_early) or _program(finder),
        )
    if not run.difference.whole and not _says_why(run):
        text = "the program did not do its whole work on the emulator, and nothing says why"
        yield Finding(rules.FAILED.name, Severity.ERROR, text, subject, location=_program(finder))
    yield from _hidden(run, finder)
    for app in run.missing:
        yield Finding(
            rules.MISSING.name,
            Severity.ERROR,
            f"{app} is an app of this stack's settings, and the program did not register it with its consents",
            subject,
            allowed="every app of the settings, registered",
            fix="register it, or take it out of the stack's settings",
            location=_program(finder) or Location(run.file, 1, 1),
        )


def _hidden(run: StackRun, finder: Finder) -> Iterator[Finding]:
    """Yield the resources with a value that the gate can't see: the next value would look like this one."""
    for entry in run.registrations:
        for path, what in hidden(entry):
            if what == NOT_KNOWN and not run.difference.whole:
                continue  # something else failed, and that has a finding of its own
            yield Finding(
                rules.HIDDEN.name,
                Severity.ERROR,
                f"{path} is {what}, so nobody can see what it is, nor that it changes",
                _subject(run, entry.urn),
                allowed="a value that can be read",
                fix=f"give {path} in plain text: what is granted, to whom and by which address, is no secret",
                location=finder.place(entry.places) or Location(run.file, 1, 1),
                properties={"stack": run.stack, "urn": entry.urn},
            )


def _says_why(run: StackRun) -> bool:
    """Tell whether a run that was not whole has a finding that refuses it."""
    refused = any(violation.level == "mandatory" for violation in run.violations)
    failed = any(diagnostic.severity == "error" for diagnostic in run.diagnostics)
    return bool(run.refused or run.ended_early) or refused or failed


def _violation(run: StackRun, violation: Violation, finder: Finder, places: tuple[Place, ...]) -> Finding:
    finding = violation.finding or Finding(violation.policy, Severity.ERROR, visible(violation.message), "")
    label = urn_name(violation.urn) if violation.urn else ""
    named = [
        line
        for line in run.difference.added
        if line.subject.startswith(label) and any(len(word) > 3 and word in violation.message for word in line.words)
    ]
    cause = next((place for line in named if (place := finder.cause(line, run.file))), None)
    return Finding(
        rule=violation.policy,
        severity=Severity.ERROR if violation.level == "mandatory" else Severity.INFORMATION,
        message=finding.message,
        subject=f"stack {run.stack}: {finding.subject or visible(label) or 'the stack'}",
        allowed=finding.allowed,
        fix=finding.fix,
        source=finding.source,
        location=cause or finder.place(places) or Location(run.file, 1, 1),
        properties={"stack": run.stack, "urn": violation.urn, "level": violation.level},
    )


def _grants(run: StackRun, finder: Finder) -> Iterator[Finding]:
    added = set(run.difference.added)
    for subject, place, lines in _groups(run, finder):
        shown = [f"{'+' if line in added else '-'} {line.fact}" for line in lines[:_SHOWN]]
        more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        yield Finding(
            rules.GRANT.name,
            Severity.ERROR,
            f"{'; '.join(shown)}{more}",
            f"stack {run.stack}: {subject}",
            allowed="what the base grants",
            fix=f"take it out, or {_LATER}",
            source=APPROVALS,
            location=place,
            properties={"stack": run.stack, "lines": str(len(lines))},
        )


def _groups(run: StackRun, finder: Finder) -> Iterator[tuple[str, Location, list[Line]]]:
    """Yield the lines of each resource, apart by what they come from; what has no cause of its own joins the first."""
    subjects: dict[str, list[Line]] = {}
    for line in run.difference.to_approve:
        subjects.setdefault(line.subject, []).append(line)
    for subject, lines in subjects.items():
        groups: dict[Location, list[Line]] = {}
        causes = {line: finder.cause(line, run.file) for line in lines}
        first = next((place for place in causes.values() if place), None)
        for line in lines:
            place = causes[line] or first or finder.place(line.places) or Location(run.file, 1, 1)
            groups.setdefault(place, []).append(line)
        for place, members in groups.items():
            yield subject, place, members


def _files(guarded: Iterable[FileChange], finder: Finder) -> Iterator[Finding]:
    rows = list(finder.rows())
    for place, text in rows:
        yield Finding(
            rules.ADDED_ROW.name,
            Severity.ERROR,
            f"{text}, which counts once it is on the base",
            place.file,
            allowed="the rows of the base's catalogue",
            fix=f"bring the catalogue in a pull request of its own; {_LATER}",
            location=place,
        )
    told = {place.file for place, _ in rows}
    for file in guarded:
        if file.path in told and file.path.startswith(EDITIONS):
            continue
        exception = file.path == EXCEPTIONS
        yield Finding(
            rules.ADDED_EXCEPTION.name if exception else rules.GUARDED.name,
            Severity.ERROR,
            f"{file.verb} {file.path}, which decides {_decides(file.path)}",
            file.path,
            allowed="the file as it is on the base",
            fix=f"take the change out, or {_LATER}",
            source=APPROVALS,
            location=finder.change(file.path),
        )


def _approvals_here(change: PullRequest) -> Iterator[Finding]:
    if change.broken_approvals:
        yield Finding(
            rules.ADDED_APPROVAL.name,
            Severity.ERROR,
            _HEAD.sub("", change.broken_approvals),
            APPROVALS,
            allowed="a file that can be read: without one, no change can be judged",
            fix="put it right",
            location=_named(change.broken_approvals, APPROVALS),
        )
    for place in change.added_approvals:
        alone = change.approvals_alone
        yield Finding(
            rules.ADDED_APPROVAL.name,
            Severity.WARNING if alone else Severity.ERROR,
            "adds an approval, which counts once it is on the base",
            place.file,
            allowed="an approval in a pull request that changes nothing else",
            fix="whoever may merge this file has to look" if alone else "move it to a pull request of its own",
            location=place,
        )


def _removed(path: str) -> Finding:
    return Finding(
        rules.REMOVED.name,
        Severity.WARNING,
        f"removes {path}; what the stack deployed stays in its tenant, and nothing looks at it any more",
        path,
        fix="keep the file for as long as the deployment is there; where it has to go, take it down first",
        location=Location(path),
    )


def _unguarded(paths: Sequence[str]) -> Finding:
    shown = ", ".join(paths[:_SHOWN]) + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
    return Finding(
        rules.UNGUARDED.name,
        Severity.WARNING,
        f"changes code that no deployment runs and no approval covers: {shown}",
        "tests, benchmarks and examples",
        fix="read it before you run it (`make test` runs the tests) on a machine that is signed in anywhere",
        location=Location(paths[0]),
    )


def _approved(change: PullRequest, held: Approval) -> Finding:
    text = f"{_count(change)} approved by {held.by} on {held.date}, until {held.expires}: {held.reason}"
    place = Location(APPROVALS, held.line)
    return Finding(rules.APPROVED.name, Severity.INFORMATION, text, change.digest, source=str(place), location=place)


def _trial(change: PullRequest) -> Finding:
    text = f"{_count(change)} approved with --approve, for this run only"
    fix = "for a merge, add the approval to the base"
    return Finding(rules.TRIAL.name, Severity.WARNING, text, change.digest, fix=fix)


def _expired(held: Approval) -> Finding:
    text = f"the approval by {held.by} of exactly this difference holds from {held.date} to {held.expires}, not today"
    return Finding(
        rules.EXPIRED.name,
        Severity.ERROR,
        text,
        held.digest,
        fix="have it approved again",
        location=Location(APPROVALS, held.line),
    )


def _weakened(place: Location | None, text: str) -> Finding:
    return Finding(
        rules.WEAKENED.name,
        Severity.ERROR,
        text,
        place.file if place else "policy",
        allowed="every rule as it is on the base",
        fix=f"take the change out; a single resource can have an exception, in {EXCEPTIONS} on the base",
        location=place or Location("policy/PulumiPolicy.yaml", 1, 1),
    )


def _count(change: PullRequest) -> str:
    lines = sum(len(run.difference.to_approve) for run in change.runs)
    return f"{lines} lines and {len(change.guarded)} guarded files"


def _is_new(run: StackRun, violation: Violation) -> bool:
    start = f"{urn_name(violation.urn)} · "
    return any(line.subject.startswith(start) or line.subject == violation.urn for line in run.difference.added)


def _subject(run: StackRun, urn: str) -> str:
    if not urn:
        return f"stack {run.stack}"
    return f"stack {run.stack}: {qualified_type(urn).rpartition(':')[2]} {urn_name(urn)}"


def _in_program(message: str) -> Location | None:
    place = _PLACE.search(message)
    return Location(place[1], int(place[2])) if place else None


def _program(finder: Finder) -> Location | None:
    return finder.first_change(("__main__.py", "stacks/", "components/", "lockstep/"))


def _named(message: str, file: str) -> Location:
    head = _HEAD.match(message)
    return Location(head[1], int(head[2]), int(head[3]) if head[3] else 1) if head else Location(file, 1, 1)


def _decides(path: str) -> str:
    decisions = {
        "policy": "what is refused",
        "pipelines": "how changes are judged and deployed",
        "requirements": "which packages run",
        "requirements.txt": "which packages run",
        "wheels": "which packages run",
        "catalogue": "what vendors are taken to document",
        "stacks": "what a stack deploys",
        "components": "what an app is made by",
        "plugins": "how the provider is started",
        "fence": "what the deployer itself may do",
    }
    return decisions.get(path.split("/")[0], "what is deployed, or how that is judged")
