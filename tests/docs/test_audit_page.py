"""The page about audits names every list and what the tests hold to be enough for a caller."""

from __future__ import annotations

from lockstep.audit.findings import LONG, OLD, SOON
from lockstep.audit.permissions import Status
from tests.audit.test_tenant import LEAST
from tests.docs.pages import read, table

PAGE = read("docs/audit.md")


def test_every_list_has_its_row() -> None:
    assert {cell.strip("`") for cell in table(PAGE, "What it looks at")} == {status.value for status in Status}


def test_the_rights_are_those_that_the_tests_enforce() -> None:
    row = table(PAGE, "Who may run it")["audit"]
    assert row.split("|")[3].split() == list(LEAST)


def test_the_ages_are_those_of_the_rules() -> None:
    assert (OLD, LONG // 366, SOON) == (365, 2, 30)
    assert "a year old or valid for more than two" in PAGE
    assert "within thirty days" in PAGE
