"""One run of the gate on two folders: run each stack of both, compare, judge, report.

Judges by the pack and the approvals of the base; those of the head are only looked at. Knows nothing of git and of
handing over.
"""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from lockstep import __version__
from lockstep.catalogue import lay_over
from lockstep.errors import LockstepError, UsageError, nearest
from lockstep.gate import approvals as approving
from lockstep.gate import words as gate_words
from lockstep.gate.change import PullRequest, StackRun
from lockstep.gate.changes import APPROVALS, EXCEPTIONS, STACK_FILE, Comparison, runs
from lockstep.gate.difference import Difference
from lockstep.gate.document import gate_parts
from lockstep.gate.judge import judge
from lockstep.gate.locate import Finder
from lockstep.gate.manifest import Manifest
from lockstep.gate.options import GateOptions
from lockstep.gate.packs import candidates, levels, softened, weakening
from lockstep.gate.pythons import base_python, head_python
from lockstep.gate.rehearsing import StackOutcome, rehearse
from lockstep.gate.repository import plain
from lockstep.gate.rules import RULES
from lockstep.local.engine import PULUMI
from lockstep.policy.exceptions import read_exceptions
from lockstep.policy.rules import rules_by_name
from lockstep.rehearsal.interpreter import INSTALLED
from lockstep.rehearsal.policies import OwnPack
from lockstep.report import Findings, Location, Rule
from lockstep.report.screen import Screen
from lockstep.report.text import inert
from lockstep.scaffold.files import reference_project
from lockstep.scaffold.lock import LockError
from lockstep.settings.project import Project


class GateRun:
    """One run of the gate on two folders."""

    def __init__(self, options: GateOptions, trees: Comparison, screen: Screen) -> None:
        self._options = options
        self._trees = trees
        # Whatever this process reads, of base or head, is judged by the private catalogue of the base.
        lay_over(trees.base)
        self._base, self._head = trees.base, trees.head
        self._screen = screen
        self._changes, self._guarded = trees.changes, trees.guarded
        self._finder = Finder(self._base, self._head, [change.path for change in self._changes])
        today = datetime.datetime.now(datetime.UTC).date()
        self._exceptions = read_exceptions(plain(self._base, EXCEPTIONS), rules_by_name(), today)
        self._pack = self._find_pack()
        self._base_python, self._head_python = base_python(self._base), INSTALLED
        self._manifests: dict[str, Manifest] = {}
        self._broken = ""

    def run(self) -> int:
        """Run everything, report it, and return the exit code."""
        if self._options.using == PULUMI and shutil.which("pulumi") is None:
            raise UsageError(
                "--using pulumi: pulumi is not on PATH; install the Pulumi CLI (https://www.pulumi.com/docs/install/),"
                " or use --using rehearsal"
            )
        approvals = approving.read_approvals(plain(self._base, APPROVALS))
        weakened = list(self._weakened())
        names, lock = self._stacks(), None
        with ExitStack() as cleanup:
            try:
                self._head_python = head_python(self._trees, cleanup)
            except LockError as error:
                lock = error
            change = PullRequest(
                runs=[] if lock else [self._stack(stack) for stack in names],
                guarded=self._guarded,
                removed=[
                    change.path for change in self._changes if not change.after and STACK_FILE.fullmatch(change.path)
                ],
                unguarded=[
                    change.path for change in self._changes if change not in self._guarded and runs(change.path)
                ],
                approvals=approvals,
                added_approvals=self._added_approvals(approvals),
                broken_approvals=self._broken,
                approvals_alone=[change.path for change in self._changes] == [APPROVALS],
                weakened=weakened,
                softened=[] if lock else self._softened(),
                lock=lock,
                trial=self._options.approve,
            )
        return self._give(change)

    def _stacks(self) -> list[str]:
        head, base = _stack_names(self._head), _stack_names(self._base)
        every = sorted({*head, *base})
        project = Project.load(self._head) if self._options.stack else None
        chosen = [project.stack_name(word) for word in self._options.stack] if project else []
        for name in chosen:
            if name not in every:
                raise UsageError(
                    f"--stack {name}: there is no such stack; there are {', '.join(every)}{nearest(name, every)}"
                )
        if chosen:
            return sorted(set(chosen))
        changed = {change.path for change in self._changes}
        if self._options.changed_only and not self._guarded:
            return [name for name in every if f"Pulumi.{name}.yaml" in changed]
        return every

    def _stack(self, stack: str) -> StackRun:
        file = f"Pulumi.{stack}.yaml"
        self._screen.progress(f"stack {stack}: running its program on an emulator")
        same = not self._guarded and file not in {change.path for change in self._changes}
        with ThreadPoolExecutor(1) as beside:
            running = None if same else beside.submit(self._before, stack)
            outcome = self._after(stack) if (self._head / file).is_file() else None
            before = running.result() if running else None
        if outcome is None or isinstance(outcome, LockstepError):
            lost = Difference(stack, before, None, whole=outcome is None)
            return StackRun(stack, file, lost, refused=str(outcome or ""))
        after = outcome.manifest
        self._manifests[stack] = after
        return StackRun(
            stack,
            file,
            Difference(stack, after if same else before, after, whole=outcome.whole),
            violations=outcome.result.violations,
            diagnostics=outcome.result.diagnostics,
            registrations=outcome.registrations,
            missing=outcome.missing,
            ended_early=outcome.ended_early,
        )

    def _after(self, stack: str) -> StackOutcome | LockstepError:
        try:
            return rehearse(
                self._head,
                stack,
                (self._pack,),
                program_by=self._head_python,
                packs_by=self._base_python,
                exceptions=self._exceptions,
                using=self._options.using,
            )
        except LockstepError as error:
            return error

    def _before(self, stack: str) -> Manifest | None:
        if not (self._base / f"Pulumi.{stack}.yaml").is_file():
            return None
        try:
            outcome = rehearse(
                self._base,
                stack,
                program_by=self._base_python,
                exceptions=self._exceptions,
                using=self._options.using,
            )
        except LockstepError as error:
            self._screen.progress(
                f"stack {stack}: the base's own cannot be run, so all of it is new: {inert(str(error))}"
            )
            return None
        if not outcome.whole:
            self._screen.progress(f"stack {stack}: the base's own did not run to its end")
        return outcome.manifest

    def _find_pack(self) -> Path:
        """Return the base's pack, or the one that comes with this Lockstep."""
        own = self._base / "policy"
        return own if (own / "PulumiPolicy.yaml").is_file() else reference_project() / "policy"

    def _weakened(self) -> list[tuple[Location | None, str]]:
        paths = [change.path for change in self._changes if change.after]
        files = {name: self._head / name for name in candidates(paths) if not (self._head / name).is_symlink()}
        files |= {str(path): path for path in self._options.policy_pack_config}
        return [entry for name, path in files.items() for entry in weakening(path, name, self._levels)]

    def _softened(self) -> list[str]:
        """Return what the head's own pack would no longer refuse, were it the base's."""
        if not self._guarded or self._same_pack:
            return []
        try:
            head = levels(self._head / "policy", self._head, _any(_stack_names(self._head)), self._head_python)
        except LockstepError as error:
            return [f"the pack of this change does not load: {error}"]
        return list(softened(self._levels, head))

    @property
    def _same_pack(self) -> bool:
        """Whether the head's pack is the base's: the one of every project, with nothing changed that it could read."""
        read = ("policy/", "catalogue/", "Pulumi.yaml")
        unchanged = not any(change.path.startswith(read) for change in self._guarded)
        return unchanged and self._head_python == self._base_python and OwnPack.is_in(self._pack, self._base_python)

    @cached_property
    def _levels(self) -> dict[str, str]:
        """How binding each rule of the base's pack is."""
        stack = _any(_stack_names(self._base))
        return levels(self._pack, self._base, stack, self._base_python, trusted=True)

    def _added_approvals(self, on_base: Sequence[approving.Approval]) -> list[Location]:
        if APPROVALS not in {change.path for change in self._changes}:
            return []
        try:
            in_head = approving.read_approvals(plain(self._head, APPROVALS))
        except UsageError as error:
            self._broken = str(error)
            return []
        old = {replace(approval, line=0) for approval in on_base}
        added = [approval for approval in in_head if replace(approval, line=0) not in old]
        return [Location(APPROVALS, approval.line, 5) for approval in added]

    def _give(self, change: PullRequest) -> int:
        judged = judge(change, self._finder)
        manifests = self._manifests.values()
        checked = {
            "permissions": sum(manifest.permissions for manifest in manifests),
            "apps": len({(manifest.stack, *app) for manifest in manifests for app in manifest.apps}),
            "stacks": len(self._manifests),
        }
        rules = {rule.name: rule for rule in RULES}
        for run in change.runs:
            for violation in run.violations:
                title = violation.description or violation.policy
                rules.setdefault(violation.policy, Rule(violation.policy, title, title, "docs/policy.md"))
        sections = gate_words.sections(change, gate_words.looks(change, *self._trees.root))
        for section in sections:
            self._screen.result(f"{section.title}:", "bold")
            for line in section.lines:
                self._screen.result(inert(line), "green" if line[0] == "+" else "red" if line[0] == "-" else "")
        findings = Findings("gate", __version__, tuple(rules.values()), tuple(judged), checked)
        outputs, commit = self._options.outputs, self._trees.commit
        findings = replace(findings, verdict=gate_words.verdict(findings, commit, strict=outputs.strict))
        extra = gate_parts(change, commit, findings.verdict).model_dump(by_alias=True)
        code = outputs.give(self._screen, findings, sections=sections, extra=extra)
        self._screen.progress(findings.verdict, "bold red" if code else "bold green")
        return code


def _stack_names(directory: Path) -> list[str]:
    return sorted(match["stack"] for path in directory.iterdir() if (match := STACK_FILE.fullmatch(path.name)))


def _any(stacks: Sequence[str]) -> str:
    return "dev" if "dev" in stacks or not stacks else stacks[0]
