"""`lockstep gate`: what a pull request runs. The base's code judges the head's tree; nobody signs in anywhere.

Order: copy base and head out of git, hand over to the base's own gate, run each stack of both, compare, report.
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from lockstep import __version__
from lockstep.cli import gate_words
from lockstep.cli.local import environment, without_callers
from lockstep.cli.outputs import Outputs
from lockstep.cli.rehearsing import Rehearsed, rehearse
from lockstep.cli.screen import Screen
from lockstep.cli.workplace import find_project
from lockstep.errors import LockstepError, UsageError, nearest
from lockstep.gate import approvals as approving
from lockstep.gate.change import Change, StackRun
from lockstep.gate.compared import Compared
from lockstep.gate.difference import Difference, files_digest
from lockstep.gate.guarded import APPROVALS, EXCEPTIONS, STACK_FILE
from lockstep.gate.judge import judge
from lockstep.gate.locate import Finder
from lockstep.gate.manifest import Manifest
from lockstep.gate.packs import candidates, softened, weakening
from lockstep.gate.rules import RULES
from lockstep.gate.trees import Repository
from lockstep.report import Findings, Location, Rule
from lockstep.report.text import inert
from policy.exceptions import read_exceptions
from policy.pack import rules_by_name

_TARGET = "target: none (each stack runs on an emulator that is thrown away; nobody signs in)"
_DISTURBED = "gate: refused: guarded files are changed and not approved, and the judge was kept from saying so"


@dataclass(frozen=True)
class GateOptions:
    """The words of the command line."""

    base: str
    outputs: Outputs
    stack: tuple[str, ...] = ()
    changed_only: bool = False
    approve: str = ""
    policy_pack_config: tuple[Path, ...] = ()
    judge: bool = False
    cwd: Path = field(default_factory=Path)


def gate(options: GateOptions, words: Sequence[str]) -> int:
    """Judge the work tree against a base; return the exit code. `words` are the command's own, to hand over."""
    screen = Screen(as_json=options.outputs.as_json)
    repository = Repository.find(find_project(options.cwd))
    commit = repository.commit(options.base)
    with tempfile.TemporaryDirectory(prefix="lockstep-gate-") as folder:
        base = repository.copy_commit(commit, Path(folder).resolve() / "base")
        has_gate = (base / "lockstep" / "gate" / "__init__.py").is_file()
        trees = Compared.read(repository, commit, base, repository.copy_work_tree(Path(folder).resolve() / "head"))
        if not options.judge:
            least = _least(options, trees)
            code = _hand_over(base if has_gate else Path(__file__).resolve().parent.parent.parent, words)
            if least and not code:
                screen.progress(_DISTURBED, "red")
            return code or least
        screen.progress(_TARGET, "bold")
        whose = f"the base's, {commit[:12]}" if has_gate else f"Lockstep {__version__}: the base has none"
        screen.progress(f"judge: {whose}")
        with environment(without_callers(os.environ)):
            code = _Gate(options, trees, screen).run()
    screen.progress(f"{_TARGET}: gate done", "bold")
    return code


def _least(options: GateOptions, trees: Compared) -> int:
    """Return the least exit code that a change can have, known before anything of the head runs.

    The head's program runs as the same user as its judge, and could change the judge's files. So a program that nobody
    approved is judged by a process of its own, and this one, which loads nothing any more, never lets it pass.
    """
    files = files_digest(trees.guarded)
    if not files or options.approve:
        return 0
    today = datetime.datetime.now(datetime.UTC).date()
    held = approving.read_approvals(trees.base / APPROVALS)
    return 0 if any(each.files == files and each.holds(today) for each in held) else 1


def words_of(options: GateOptions) -> list[str]:
    """Return the options as words of the command line, for the base's gate."""
    out = options.outputs
    valued: list[tuple[str, object]] = [
        ("base", options.base),
        *(("stack", name) for name in options.stack),
        ("approve", options.approve),
        *(("policy-pack-config", path) for path in options.policy_pack_config),
        ("cwd", options.cwd),
        ("sarif", out.sarif),
        ("junit", out.junit),
        ("markdown", out.markdown),
        ("markdown-limit", out.markdown_limit),
    ]
    flags = {
        "changed-only": options.changed_only,
        "annotations": out.annotations,
        "json": out.as_json,
        "strict": out.strict,
    }
    given = [word for name, value in valued if value not in (None, "") for word in (f"--{name}", str(value))]
    return [*given, *(f"--{name}" for name, value in flags.items() if value)]


def _hand_over(base: Path, words: Sequence[str]) -> int:
    """Run the gate in a folder, the base's own where it has one: its code, its pack, its approvals."""
    environment = {**without_callers(os.environ), "PYTHONPATH": str(base)}
    done = subprocess.run(  # noqa: S603 (our own interpreter on the base's code)
        [sys.executable, "-P", "-s", "-m", "lockstep.cli", "gate", *words, "--judge"], env=environment, check=False
    )
    return done.returncode if done.returncode >= 0 else 1


class _Gate:
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
            return rehearse(self._head, stack, packs, exceptions=self._exceptions)
        except LockstepError as error:
            return error

    def _before(self, stack: str) -> Manifest | None:
        if not (self._base / f"Pulumi.{stack}.yaml").is_file():
            return None
        try:
            found = rehearse(self._base, stack, exceptions=self._exceptions)
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

    def _levels(self, directory: Path, pack: Path, stack: str) -> dict[str, str]:
        from lockstep.cli.packs import levels

        return levels(pack, directory, stack)

    def _weakened(self, packs: tuple[Path, ...]) -> list[tuple[Location | None, str]]:
        found: list[tuple[Location | None, str]] = []
        given = {path: path for path in map(str, self._options.policy_pack_config)}
        files = {name: self._head / name for name in candidates(each.path for each in self._changes if each.after)}
        files |= {name: Path(path) for name, path in given.items()}
        if not files:
            return found
        levels = self._levels(self._base, packs[0], _any(_stack_names(self._base)))
        for name, path in files.items():
            found += weakening(path, name, levels)
        return found

    def _softened(self, packs: tuple[Path, ...]) -> list[str]:
        """Return what the head's own pack would no longer refuse, were it the base's."""
        if not any(each.path.startswith(("policy/", "lockstep/", "stacks/")) for each in self._guarded):
            return []
        stack = _any(_stack_names(self._head))
        try:
            head = self._levels(self._head, self._head / "policy", stack)
        except LockstepError as error:
            return [f"the pack of this change does not load: {error}"]
        return list(softened(self._levels(self._base, packs[0], stack), head))

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
