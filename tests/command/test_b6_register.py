"""The register of advice: every command that a message names is one that a test types in the situation that names it.

It is held to the code: a place in the library that names a command, or says to do something again, is in the register,
with the test that follows it or with why a person has to act. All other fixes begin with what that person does.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockstep.audit.standing import StackCommands
from lockstep.cli.commands import lockstep as root
from tests.command.conftest import REPOSITORY
from tests.docs.test_command_line import _parse as parse

PERSON = "a person must act: "
B6, ADVICE, WHOSE = (
    "command/test_b6_fixes.py::test_b6_",
    "command/test_b6_advice.py::test_b6_",
    "command/test_whose.py::test_d2_",
)
WRONG_FILE = f"{ADVICE}wrong_file_names_the_command_that_makes_a_right_one"
WAITED = "scenarios/test_survival_others.py::test_run_that_ends_at_its_deadline_has_one_exit_code_whatever_was_written"
FAULTS = "scenarios/test_survival.py::test_whole_life_of_a_tenant_under_each_fault"

REGISTER: dict[str, str] = {
    "adopt/adoption.py:_what_next": f"{ADVICE}what_stands_in_the_way_of_up_is_adopted_step_by_step",
    "adopt/adoption.py:_write": f"{ADVICE}what_stands_in_the_way_of_up_is_adopted_step_by_step",
    "adopt/choice.py:_not_there": f"{ADVICE}what_is_among_the_deleted_items_is_put_back_and_taken_over",
    "adopt/choice.py:_refusal": f"{ADVICE}what_is_among_the_deleted_items_is_put_back_and_taken_over",
    "adopt/restore.py:restore_app": f"{ADVICE}what_is_among_the_deleted_items_is_put_back_and_taken_over",
    "adopt/sites.py:RealSite.take_in": f"{PERSON}types it where pulumi is installed",
    "adopt/words.py:_refused": (
        "command/test_beside_permissions.py::test_b5_adopt_shows_what_up_will_refuse_and_both_ways_on_work"
    ),
    "adopt/words.py:app_lines": f"{ADVICE}deleted_one_beside_ours_can_be_put_back_as_it_says",
    "audit/compare.py:": WRONG_FILE,
    "catalogue/first_draft.py:": f"{PERSON}decides, in the file of decisions, about rows that say too little",
    "catalogue/first_draft.py:_edition": f"{PERSON}writes out what is a TODO in the draft",
    "catalogue/first_draft.py:_listed": f"{PERSON}names a tenant that has the API",
    "catalogue/first_draft.py:read_decisions": f"{PERSON}puts the file of decisions right",
    "catalogue/page_check.py:vendor_of": f"{PERSON}says whose page it is",
    "catalogue/page_texts.py:": f"{PERSON}drafts the page again, which somebody has saved",
    "catalogue/page_rows.py:_Reader._judge": f"{PERSON}names a tenant that has the API",
    "audit/compare.py:replacements": "command/test_whose.py::test_d1_another_application_is_an_error_that_comes_first",
    "audit/findings.py:_away": (
        "command/test_beside_permissions.py::"
        "test_c1_adopt_shows_and_keeps_what_an_application_has_and_up_and_audit_know_it"
    ),
    "audit/findings.py:_by_up": f"{B6}what_was_changed_by_hand_is_put_right_by_what_the_audit_says",
    "audit/findings.py:_of_permission": f"{B6}what_is_an_administrators_to_give_is_given_as_the_sheet_says",
    "audit/standing.py:way_on": f"{WHOSE}advice_leads_to_the_end",
    "cli/__init__.py:run": "command/test_killed.py::test_the_next_up_finishes_a_killed_one",
    "directory/consents.py:_no_progress": WAITED,
    "directory/consents.py:_refuse_too_long": WAITED,
    "directory/graph.py:Graph.pages": f"{PERSON}Graph's answers contradict themselves, and nobody knows until when",
    "directory/opening.py:_context_of_file": f"{PERSON}corrects an environment variable, or points the shell elsewhere",
    "directory/retry.py:Patience.busy": WAITED,
    "directory/retry.py:Waiting.pause": WAITED,
    "directory/retry.py:outcome_unknown": FAULTS,
    "directory/wording.py:": f"{PERSON}finds what answers in between, or waits until Graph answers otherwise",
    "directory/wording.py:unreachable": f"{PERSON}starts the emulator, or mends the network",
    "dossier/reading.py:observed": WRONG_FILE,
    "dossier/reading.py:read_audit": WRONG_FILE,
    "emulator/profiles/captured.py:": WRONG_FILE,
    "emulator/profiles/captured.py:read": WRONG_FILE,
    "errors.py:": f"{PERSON}mends what this machine lacks",
    "file_lock.py:HeldFile.__init__": f"{PERSON}waits for whoever holds it",
    "local/backend.py:Handover._newer": (
        "command/test_backend.py::test_b6_of_two_histories_the_one_that_is_left_holds"
    ),
    "local/deploy.py:_expect": f"{ADVICE}what_differs_is_shown_by_the_command_that_is_named",
    "local/doctor.py:_next": f"{ADVICE}next_steps_lead_through_a_whole_life",
    "local/doctor.py:check_backend": f"{PERSON}logs in to a backend, which they choose",
    "local/doctor.py:check_copies": "scaffold/test_init.py::test_a_project_is_taken_to_the_lockstep_that_runs",
    "local/doctor.py:check_names": f"{WHOSE}advice_leads_to_the_end",
    "local/doctor.py:check_pulumi": f"{PERSON}sees why their pulumi says nothing of its version",
    "local/doctor.py:check_state": f"{ADVICE}run_that_was_cut_off_is_repaired_as_the_doctor_says",
    "local/door.py:refuse_profile": f"{ADVICE}emulator_with_another_profile_is_made_anew_from_any_folder",
    "local/emulator.py:_client": f"{ADVICE}next_steps_lead_through_a_whole_life",
    "local/emulator.py:_stack_ready": f"{PERSON}changes the stack file, or installs pulumi",
    "local/emulator.py:print_env": "command/test_emulator.py::test_env_prints_exports_and_nothing_else",
    "local/orphans.py:_one": f"{PERSON}knows which of several objects is needed",
    "local/preflight.py:refuse_clashes": f"{ADVICE}what_stands_in_the_way_of_up_is_adopted_step_by_step",
    "local/pulumi_cli.py:PulumiDriver._operate": "cli/test_up.py::test_a_killed_engine_is_repaired_and_nothing_doubles",
    "local/repair.py:_local_held": f"{ADVICE}lock_of_a_machine_that_is_gone_is_named_by_its_file",
    "local/report.py:Report.end": f"{ADVICE}next_steps_lead_through_a_whole_life",
    "local/sheet.py:_print": f"{ADVICE}next_steps_lead_through_a_whole_life",
    "local/sheet.py:make_sheet": f"{ADVICE}next_steps_lead_through_a_whole_life",
    "local/verify.py:Verification._compare": f"{B6}up_that_finds_a_change_by_hand_says_what_puts_it_right",
    "local/verify.py:Verification._compare_roles": (
        "command/test_directory_roles.py::test_i13_up_says_what_its_read_back_misses"
    ),
    "local/verify.py:Verification._compare_traits": (
        "command/test_beside_permissions.py::"
        "test_c1_adopt_shows_and_keeps_what_an_application_has_and_up_and_audit_know_it"
    ),
    "local/verify.py:Verification._own_app": f"{WHOSE}advice_leads_to_the_end",
    "local/verify.py:Reader.get": "command/test_reader.py::test_reader_gives_up_in_one_line",
    "local/workplace.py:refuse_real": "command/test_up.py::test_rehearsing_a_real_target_leaves_it_alone",
    "policy/world.py:read_world": f"{PERSON}starts the pack some other way than pulumi does",
    "program.py:_wait_for_administrators.refuse": f"{B6}what_is_an_administrators_to_give_is_given_as_the_sheet_says",
    "provider/consent_write.py:ConsentWrite._write": (
        f"{ADVICE}consents_that_nobody_documents_are_adopted_in_the_rehearsal_that_refuses_them"
    ),
    "provider/consent_write.py:refuse_unresolved": FAULTS,
    "provider/session.py:Session.check_tenant": f"{PERSON}says which tenant is the stack's",
    "provider/wording.py:how_it_comes": (
        "scenarios/test_whole_estate.py::test_no_spfx_deploys_the_rest_and_finishes_when_the_principal_appears"
    ),
    "rehearsal/azuread/application.py:ApplicationModel._refuse_duplicate": (
        f"{PERSON}decides whose the application is that somebody made during the run"
    ),
    "rehearsal/importing.py:read_import_document": f"{PERSON}gives a document that no adoption wrote",
    "settings/guards.py:check_host": f"{ADVICE}plain_pulumi_without_the_emulator_is_told_what_starts_it",
    "settings/target.py:check_providers": f"{PERSON}says which tenant is the stack's",
}
"""By where in lockstep/ it is written: the test that types it, or why nobody but a person can."""

NO_ADVICE = {
    "adopt/adoption.py:_write": "says what a file is for",
    "audit/standing.py": "how the commands are typed",
    "cli/": "the help of a command and its examples, which are parsed by tests of their own",
    "emulator/profiles/catalog.py:filling": "says what else may be given",
    "local/doctor.py:check_runtime": "says what would fail",
    "local/doctor.py:read_state": "says what gave no state",
    "local/repair.py": "says what happens of itself",
    "local/sheet.py:_deployment_of": "says what is read",
    "local/workplace.py:emulator_command": "how the commands are typed",
    "provider/wording.py:adopt_command": "how the command is typed",
    "rehearsal/repair.py:repair": "says what happens of itself",
    "scaffold/lock.py:": "the head of a file",
}
"""Places that name a command and advise nothing."""

ACTS = frozenset(
    re.findall(
        r"\w+",
        "add ask az bring base64 check choose compare consent correct declare delete enable end find give go "
        "grant have install keep leave let look make move name open point put register remove rename replace restore "
        "run see nothing say select set sign start take unset update use wait withhold write ",
    )
)
"""What a person does: the first word of a fix that names no command."""

_MEMBERS = {name for name in vars(StackCommands) if not name.startswith("_")}
_MEMBERS -= {*StackCommands.__annotations__, "words", "cwd"}
_OF_PULUMI = "up|preview|refresh|destroy|config|import|stack|login|version"
_NAMED = re.compile(rf"\b(?:lockstep (?:{'|'.join(root.commands)})|pulumi (?:{_OF_PULUMI}))\b")
_AGAIN = re.compile(r"\b(?:runs?|then) (?:it |this |the same command |the command )?again\b")


def _literals(tree: ast.AST, where: tuple[str, ...] = ()) -> Iterator[tuple[str, ast.AST]]:
    """Yield every string and attribute of a module with the function that it is in, docstrings left out."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        inner = (*where, child.name) if named else where  # type: ignore[attr-defined]
        yield ".".join(where), child
        yield from _literals(child, inner)


def _advises(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in _MEMBERS and ast.unparse(node.value).endswith("commands")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("adopt_command", "emulator_command")
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return bool(_NAMED.search(text) or _AGAIN.search(text))


def _modules() -> Iterator[tuple[str, ast.Module]]:
    library = REPOSITORY / "lockstep"
    for path in sorted(library.rglob("*.py")):
        yield path.relative_to(library).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _places() -> set[str]:
    return {f"{module}:{where}" for module, tree in _modules() for where, node in _literals(tree) if _advises(node)}


def _is_advice(place: str) -> bool:
    return place in REGISTER or not any(place.startswith(other) for other in NO_ADVICE)


def test_b6_register_has_every_place_that_names_a_command() -> None:
    places = _places()
    assert {place for place in places if _is_advice(place)} == REGISTER.keys()
    assert [other for other in NO_ADVICE if not any(place.startswith(other) for place in places)] == []


@pytest.mark.parametrize("test", sorted({test for test in REGISTER.values() if not test.startswith(PERSON)}))
def test_b6_test_that_follows_an_advice_is_there(test: str) -> None:
    file, _, name = test.partition("::")
    tree = ast.parse((REPOSITORY / "tests" / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_b6_fix_without_a_command_says_what_a_person_does() -> None:
    wrong = [
        f"{module}:{where}: {fix}"
        for module, tree in _modules()
        for where, node in _literals(tree)
        for fix in _fixes(node)
        if not _is_an_act(fix) and not _NAMED.search(fix) and "`" not in fix
    ]
    pack = (REPOSITORY / "tests" / "policy" / "messages.txt").read_text(encoding="utf-8")
    wrong += [fix for fix in re.findall(r"to fix: (.*)", pack) if not _is_an_act(fix)]
    assert wrong == []


def _is_an_act(fix: str) -> bool:
    """Whether a fix, or a part of it, begins with what somebody does, or says who has to."""
    words = [re.match(r"\w+", part) for part in re.split(r"[:;,] ", fix)]
    return not words[0] or "has to" in fix or any(word and word[0].lower() in ACTS for word in words)


def _fixes(node: ast.AST) -> Iterator[str]:
    """Yield the texts that say how to put something right: after `to fix: `, and what is called a fix."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "to fix: " in node.value:
        yield node.value.partition("to fix: ")[2]
    named: list[ast.expr | None] = []
    if isinstance(node, ast.keyword) and node.arg == "fix":
        named.append(node.value)
    if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "fix" for to in node.targets):
        named.append(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("warn", "fail"):
        named += node.args[2:]
    yield from (text for each in named for text in _texts(each))


def _texts(node: ast.AST | None) -> Iterator[str]:
    """Yield how a text begins, or each of two texts of which one is taken."""
    if isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    if isinstance(node, ast.JoinedStr) and node.values:
        yield from _texts(node.values[0])
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def test_b6_commands_for_a_stack_are_typed_in_one_place() -> None:
    """Else one of them forgets the rehearsal, the folder or the policy pack."""
    engines = "up|preview|refresh|destroy"
    stacks = re.compile(rf"\b(?:lockstep (?:{engines}|repair|restore|adopt|doctor|show)|pulumi (?:{engines})) -")
    elsewhere = {
        f"{module}:{where}"
        for module, tree in _modules()
        for where, node in _literals(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and stacks.search(node.value)
        if not module.startswith("cli/")  # the examples of a help
    }
    assert elsewhere == {"settings/guards.py:check_host"}


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("rehearse", [False, True])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_b6_commands_for_a_stack_are_the_command_lines_own(
    tmp_path: Path, local: bool, rehearse: bool, elsewhere: bool
) -> None:
    commands = StackCommands("prod", local=local, rehearse=rehearse, folder=str(tmp_path) if elsewhere else "")
    texts = [value for name in _MEMBERS if isinstance(value := getattr(commands, name), str)]
    texts += [commands.restore("pnp=ID"), *(commands.run(verb) for verb in ("up", "preview", "refresh", "destroy"))]
    for text in (part for each in texts for part in (re.findall(r"`([^`]*)`", each) or [each])):
        program, *words = shlex.split(text)
        assert ("--cwd" in words, "--rehearse" in words) == (elsewhere, rehearse and program == "lockstep"), text
        assert words[words.index("--stack") + 1] == "prod"
        if program == "lockstep":
            parse(root, "lockstep", words)
        else:
            assert ("--policy-pack" in words) is (words[0] in ("up", "preview")), text
