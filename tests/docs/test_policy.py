"""The page on the policy pack is about the rules that there are, in the words that they have."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from lockstep.policy.exceptions import read_exceptions
from lockstep.policy.rules import EXCEPTION_USED, RULES, rules_by_name
from tests.docs.pages import code, read, table
from tests.policy.service import APPLICATION, TODAY, Pack, app, application

PAGE = "docs/policy.md"


def test_every_rule_has_a_section_in_the_packs_order() -> None:
    sections = re.findall(r"^### (.+)$", read(PAGE), re.MULTILINE)
    assert sections == [rule.name for rule in (*RULES, EXCEPTION_USED)]


def test_the_table_of_rules_says_what_stops_a_run_and_what_takes_exceptions() -> None:
    rows = table(read(PAGE), "Rules")
    assert list(rows) == [f"[{rule.name}](#{rule.name})" for rule in (*RULES, EXCEPTION_USED)]
    for rule in (*RULES, EXCEPTION_USED):
        _, _, stops, exceptions, _ = (cell.strip() for cell in rows[f"[{rule.name}](#{rule.name})"].split("|"))
        assert stops == (
            "no, it advises" if not rule.blocks else "yes" if rule.resource else "a preview; an `up` too late"
        )
        assert exceptions == ("no" if not rule.excusable else "for a named resource" if rule.by_name else "yes")


def test_the_message_that_the_page_shows_is_what_the_pack_says() -> None:
    pack, api = Pack(), app("atlas", "connex-api")
    mail = {"00000003-0000-0000-c000-000000000000": [("024d486e-b451-40bb-833d-3e66d98c5c73", "Scope")]}
    (said,) = pack.ask(APPLICATION, api.name, application(api, mail), parent=pack.component(api, "atlas"))
    assert said.message.partition("\n")[2] in code(read(PAGE), "")[1]


def test_the_exceptions_that_the_page_shows_can_be_read(tmp_path: Path) -> None:
    blocks = [block for block in code(read(PAGE), "yaml") if block.startswith(("exceptions:", "scopes:"))]
    assert len(blocks) == 2
    for block in blocks:
        (tmp_path / "exceptions.yaml").write_text(block, encoding="utf-8")
        found = read_exceptions(tmp_path / "exceptions.yaml", rules_by_name(), TODAY)
        assert len(found.exceptions) + len(found.scopes) == 1


def test_the_keys_of_an_exception_are_all_described() -> None:
    (block,) = [block for block in code(read(PAGE), "yaml") if block.startswith("exceptions:")]
    described = ", ".join(table(read(PAGE), "Exceptions"))
    assert re.findall(r"`(\w+)`", described) == list(yaml.safe_load(block)["exceptions"][0])
