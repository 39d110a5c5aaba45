"""A pull request that changes the project's own catalogue: judged by the base's, and each new row is named."""

from __future__ import annotations

from tests.docs.pages import code, read
from tests.gate.pulls import Pull

ACME = next(text for text in code(read("docs/your-own-vendors.md"), "yaml") if text.startswith("vendor: acme"))
FIRST, NEXT = "catalogue/editions/acme/2026-11-01.yaml", "catalogue/editions/acme/2026-11-20.yaml"
WIDER = """\
      - api: graph
        type: application
        name: Mail.Read
        id: 810c84a8-4a9e-49e6-bf7d-12d183f40d01
        capability: read
        purpose: not-stated
"""


def test_i13_a_widened_edition_of_the_projects_own_is_refused_by_the_bases_catalogue(pull: Pull) -> None:
    stack = (pull.root / "Pulumi.dev.yaml").read_text("utf-8")
    own = "  lockstep:vendors: [acme]\n  lockstep:editions: {acme: current}\n"
    pull.write("Pulumi.dev.yaml", stack[: stack.index("  lockstep:vendors")] + own).write(FIRST, ACME).commit()
    pull.write(NEXT, ACME.replace('"2026-11-01"', '"2026-11-20"') + WIDER)
    line = pull.line(NEXT, "name: Mail.Read") - 2
    verdict = pull.judge()
    assert verdict.code == 1
    assert verdict.places("catalogue-in-this-change") == [(NEXT, line)]
    said = verdict.messages("catalogue-in-this-change")
    row = "adds the row acme-planner · graph · application · Mail.Read"
    row += " (source: Permissions of Acme Planner, 2026-11-02)"
    assert any(text.startswith(row) for text in said), said
    assert any(f"compared with {FIRST} of the base: 1 rows differ, 1 are the same" in text for text in said), said
    # The head's program asks for what its own catalogue documents, and the pack judges by the base's.
    assert "another edition of acme" in verdict.messages("only-declared-apps")
    assert any("Mail.Read" in text for text in verdict.messages("grant-not-approved"))
