"""One run of the gate on two folders: run each stack of both, compare, judge, report.

Judges by the pack and the approvals of the base; those of the head are only looked at. Knows nothing of git and of
handing over.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from lockstep import __version__
from lockstep.errors import LockstepError, UsageError, nearest
from lockstep.gate import approvals as approving
from lockstep.gate import words as gate_words
from lockstep.gate.change import Change, StackRun
from lockstep.gate.compared import Compared
from lockstep.gate.difference import Difference
from lockstep.gate.guarded import APPROVALS, EXCEPTIONS, STACK_FILE
from lockstep.gate.judge import judge
from lockstep.gate.levels import levels
from lockstep.gate.locate import Finder
from lockstep.gate.manifest import Manifest
from lockstep.gate.options import GateOptions
from lockstep.gate.packs import candidates, softened, weakening
from lockstep.gate.rehearsing import Rehearsed, rehearse
from lockstep.gate.rules import RULES
from lockstep.policy.exceptions import read_exceptions
from lockstep.policy.pack import rules_by_name
from lockstep.rehearsal.interpreter import INSTALLED, Interpreter
from lockstep.report import Findings, Location, Rule
from lockstep.report.screen import Screen
from lockstep.report.text import inert


class GateRun:
    """One run of the gate on two folders."""

    def __init__(self, options: GateOptions, trees: Compared, screen: Screen) -> None:
        self._options = options
        self._base, self._head = trees.base, trees.head
        self._root = trees.root
        self._screen = screen
        self._changes, self._guarded = trees.changes, trees.guarded
        self._finder = Finder(self._base, self._head, [each.path for each in self._changes])
        today = datetime.datetime.now(datetime.UTC).date()
        self._exceptions = read_exceptions(self._base / EXCEPTIONS, rules_by_name(), today)
        self._base_python, self._head_python = _interpreter(self._base), _interpreter(self._head)
        self._manifests: dict[str, Manifest] = {}
        self._broken = ""

    def run(self) -> int:
        """Run everything, report it, and return the exit code."""
        approvals = approving.read_approvals(self._base / APPROVALS)
        packs = self._packs()
        weakened = list(self._weakened(packs))
        runs = [self._stack(stack, packs) for stack in self._stacks()]
        added = self._added_approvals(approvals)
        change = Change(
            runs=runs,
            guarded=self._guarded,
            approvals=approvals,
            added_approvals=added,
            broken_approvals=self._broken,
            approvals_alone=[each.path for each in self._changes] == [APPROVALS],
            weakened=weakened,
            softened=self._softened(packs),
            trial=self._options.approve,
        )
        return self._give(change)

    def _stacks(self) -> list[str]:
        head, base = _stack_names(self._head), _stack_names(self._base)
        known = sorted({*head, *base})
        for name in self._options.stack:
            if name not in known:
                raise UsageError(
                    f"--stack {name}: there is no such stack; there are {', '.join(known)}{nearest(name, known)}"
                )
        if self._options.stack:
            return sorted(set(self._options.stack))
        changed = {each.path for each in self._changes}
        if self._options.changed_only and not self._guarded:
            return [name for name in known if f"Pulumi.{name}.yaml" in changed]
        return known

    def _stack(self, stack: str, packs: tuple[Path, ...]) -> StackRun:
        file = f"Pulumi.{stack}.yaml"
        self._screen.progress(f"stack {stack}: running its program on an emulator")
        same = not self._guarded and file not in {each.path for each in self._changes}
        with ThreadPoolExecutor(1) as beside:
            running = None if same else beside.submit(self._before, stack)
            found = self._after(stack, packs) if (self._head / file).is_file() else None
            before = running.result() if running else None
        if found is None or isinstance(found, LockstepError):
            lost = Difference(stack, before, None, whole=found is None)
            return StackRun(stack, file, lost, refused=str(found or ""))
        after = found.manifest
        self._manifests[stack] = after
        return StackRun(
            stack,
            file,
            Difference(stack, after if same else before, after, whole=found.whole),
            violations=found.result.violations,
            diagnostics=found.result.diagnostics,
            seen=found.seen,
            missing=found.missing,
            ended_early=found.ended_early,
        )

    def _after(self, stack: str, packs: tuple[Path, ...]) -> Rehearsed | LockstepError:
        try:
            return rehearse(
                self._head,
                stack,
                packs,
                program_by=self._head_python,
                packs_by=self._base_python,
                exceptions=self._exceptions,
            )
        except LockstepError as error:
            return error

    def _before(self, stack: str) -> Manifest | None:
        if not (self._base / f"Pulumi.{stack}.yaml").is_file():
            return None
        try:
            found = rehearse(self._base, stack, program_by=self._base_python, exceptions=self._exceptions)
        except LockstepError as error:
            self._screen.progress(
                f"stack {stack}: the base's own cannot be run, so all of it is new: {inert(str(error))}"
            )
            return None
        if not found.whole:
            self._screen.progress(f"stack {stack}: the base's own did not run to its end")
        return found.manifest

    def _packs(self) -> tuple[Path, ...]:
        """Return the base's pack, or the one that comes with this Lockstep."""
        for pack in (self._base / "policy", Path(__file__).resolve().parent.parent.parent / "policy"):
            if (pack / "PulumiPolicy.yaml").is_file():
                return (pack,)
        raise UsageError(
            "there is no policy pack, neither on the base nor with this Lockstep, so nothing can be judged"
        )

    def _weakened(self, packs: tuple[Path, ...]) -> list[tuple[Location | None, str]]:
        found: list[tuple[Location | None, str]] = []
        given = {path: path for path in map(str, self._options.policy_pack_config)}
        files = {name: self._head / name for name in candidates(each.path for each in self._changes if each.after)}
        files |= {name: Path(path) for name, path in given.items()}
        if not files:
            return found
        in_force = levels(packs[0], self._base, _any(_stack_names(self._base)), self._base_python)
        for name, path in files.items():
            found += weakening(path, name, in_force)
        return found

    def _softened(self, packs: tuple[Path, ...]) -> list[str]:
        """Return what the head's own pack would no longer refuse, were it the base's."""
        if not any(each.path.startswith(("policy/", "lockstep/", "stacks/")) for each in self._guarded):
            return []
        stack = _any(_stack_names(self._head))
        try:
            head = levels(self._head / "policy", self._head, stack, self._head_python)
        except LockstepError as error:
            return [f"the pack of this change does not load: {error}"]
        return list(softened(levels(packs[0], self._base, stack, self._base_python), head))

    def _added_approvals(self, known: Sequence[approving.Approval]) -> list[Location]:
        if APPROVALS not in {each.path for each in self._changes}:
            return []
        try:
            there = approving.read_approvals(self._head / APPROVALS)
        except UsageError as error:
            self._broken = str(error)
            return []
        old = {replace(each, line=0) for each in known}
        added = [each for each in there if replace(each, line=0) not in old]
        return [Location(APPROVALS, each.line, 5) for each in added]

    def _give(self, change: Change) -> int:
        found = judge(change, self._finder)
        manifests = self._manifests.values()
        apps = {(each.stack, *app) for each in manifests for app in each.apps}
        checked = {
            "permissions": sum(each.permissions for each in manifests),
            "apps": len(apps),
            "stacks": len(self._manifests),
        }
        rules = {rule.name: rule for rule in RULES}
        for run in change.runs:
            for violation in run.violations:
                title = violation.description or violation.policy
                rules.setdefault(violation.policy, Rule(violation.policy, title, title, "docs/policy.md"))
        sections = gate_words.sections(change, gate_words.looks(change, *self._root))
        for section in sections:
            self._screen.result(f"{section.title}:", "bold")
            for line in section.lines:
                self._screen.result(inert(line), "green" if line[0] == "+" else "red" if line[0] == "-" else "")
        findings = Findings("gate", __version__, tuple(rules.values()), tuple(found), checked)
        return self._options.outputs.give(self._screen, findings, sections=sections, extra=gate_words.fields(change))


def _stack_names(directory: Path) -> list[str]:
    return sorted(found["stack"] for path in directory.iterdir() if (found := STACK_FILE.fullmatch(path.name)))


def _any(stacks: Sequence[str]) -> str:
    return "dev" if "dev" in stacks or not stacks else stacks[0]


def _interpreter(tree: Path) -> Interpreter:
    """Return the Python for what is run of a tree: it sees the tree's own Lockstep where the tree holds one."""
    return Interpreter(library=str(tree)) if (tree / "lockstep" / "__init__.py").is_file() else INSTALLED
