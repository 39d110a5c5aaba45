"""Write docs/error-codes.md from the table of codes that decides every fix."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from lockstep.directory.error_codes import ErrorCode, error_codes

PAGE = Path(__file__).parent.parent / "docs" / "error-codes.md"
_HEAD = """# Error codes

<!-- Made by scripts/error_codes_page.py from lockstep/directory/data/error-codes.json; do not edit. -->

What Lockstep says to do when Microsoft refuses something. The code decides, in every way to sign in (secret,
certificate, ID token, Azure CLI) and for every request to Graph, alone or in a batch. Neither the HTTP status nor the
text of an answer chooses another fix; where Graph says several things under one code, the text tells which of them it
is. Of several codes in one answer the innermost counts that is listed here.

A code that is not listed gets no guess, but the place where Microsoft explains it:
https://login.microsoftonline.com/error?code=NUMBER for AADSTS codes, https://learn.microsoft.com/graph/errors for
Graph's. An answer that is not Microsoft's own (a page, no body, a redirect, JSON of another shape) is said to be that,
with the advice to look for a proxy in between.

The source is the page of Microsoft's that describes the code, or the status behind it.
"""


def page() -> str:
    """Return the whole page."""
    codes = error_codes()
    sign_in = [row for row in codes if row.code.startswith("AADSTS") or re.fullmatch(r"[a-z]+(_[a-z]+)+", row.code)]
    graph = [row for row in codes if row not in sign_in]
    return f"{_HEAD}\n## Sign-in\n\n{_table(sign_in)}\n## Microsoft Graph\n\n{_table(graph)}"


def _table(rows: Iterable[ErrorCode]) -> str:
    lines = ["| code | what it means | what to do | source |", "|---|---|---|---|"]
    for row in rows:
        says = f" with a message like `{_cell(row.says)}`" if row.says else ""
        gone = " A deletion counts as done." if row.gone else ""
        fix = _cell(row.fix.replace("{permission}", "").replace("{", "<").replace("}", ">"))
        fix = re.sub(r"<(tenant|client)>", lambda name: f"\\<{name[1]} ID>", fix)
        fix = re.sub(r"`[^`]*`", lambda quoted: quoted[0].replace("\\<", "<"), fix)
        lines.append(f"| `{row.code}`{says} | {_cell(row.meaning)}{gone} | {fix} | {row.source} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
