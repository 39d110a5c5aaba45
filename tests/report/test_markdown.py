"""Markdown: under the limit and never cut silently; text of others does nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.report import Finding, Findings, Severity
from lockstep.report.markdown import AZURE_DEVOPS, GITHUB, Section, code, escaped, markdown
from tests.report.samples import ALL, HOSTILE, NONE, RULES, hostile, many

ZERO = "\N{ZERO WIDTH SPACE}"
MANY = tuple(
    Finding("undocumented-permission", Severity.ERROR, f"Mail.Read{number} is not documented", f"stack s{number % 50}")
    for number in range(2_000)
)


def test_the_page() -> None:
    section = Section("Difference", ["+ Atera · Mail.ReadWrite"], "diff")
    assert markdown(ALL, [section]).replace(ZERO, "").splitlines() == [
        "### ❌ Lockstep gate",
        "",
        r"gate\: checked 82 permissions of 8 apps\: 1 error, 1 warning, 1 remark",
        "",
        "#### Findings",
        "",
        "- 🔴 **Undocumented permission** at `components/enterprise app.py:12:5`: Mail\\.ReadWrite is not documented",
        r"  - on: stack dev\: Atera",
        r"  - allowed: Mail\.Read",
        "  - fix: take it out",
        r"  - source: Atera, edition 2026\-11\-22",
        "- 🟡 **Expired exception** at `a.yaml`: ends tomorrow",
        "  - on: exception 3",
        "- 🔵 **Expired exception**: used once",
        "  - on: exception 4",
        "",
        "#### Difference",
        "",
        "```diff",
        "+ Atera · Mail.ReadWrite",
        "```",
    ]
    assert markdown(NONE).startswith("### ✅ Lockstep gate\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>", "&lt;script&gt;"),
        ("a & &lt;", "a &amp; &amp;lt;"),
        ("**b** _i_ `c`", r"\*\*b\*\* \_i\_ \`c\`"),
        ("[a](b)", r"\[a\]\(b\)"),
        ("@octocat", f"@{ZERO}octocat"),
        ("me@example.org", rf"me@{ZERO}example\.org"),
        ("#12 GH-3 !4 - 5", rf"#{ZERO}12 GH\-{ZERO}3 \!{ZERO}4 \- 5"),
        ("https://evil.example", rf"https\:{ZERO}//evil\.example"),
        ("www.evil", rf"www\.{ZERO}evil"),
        ("a\n# b", rf"a\\n#{ZERO} b"),
        ("a|b", r"a\|b"),
        ("\u202ex", r"\\u202ex"),
    ],
)
def test_prose_of_others_does_nothing(text: str, shown: str) -> None:
    assert escaped(text) == shown


@pytest.mark.parametrize(("text", "shown"), [("a`b", "``a`b``"), ("`", "`` ` ``"), ("a", "`a`"), ("a\nb", r"`a\nb`")])
def test_a_code_span_cannot_be_left(text: str, shown: str) -> None:
    assert code(text) == shown


@given(hostile)
def test_no_active_character_stands_bare(text: str) -> None:
    line = escaped(text)
    bare = re.sub(r"\\[\W_]", "", line)
    assert not re.search(r"[<>\[\]`*_|]", bare)
    assert not re.search(rf"[@#](?!{ZERO})", line)
    assert "://" not in line
    assert len(line.splitlines()) <= 1


@given(many, st.lists(hostile, max_size=5))
def test_lines_of_others_stay_in_their_fence(findings: Findings, lines: list[str]) -> None:
    page = markdown(findings, [Section("Lines", lines, "diff")]).splitlines()
    fences = [line for line in page if re.fullmatch(r"(`{3,})(diff)?", line)]
    assert len(fences) == (2 if lines else 0)
    if fences:
        start, end = page.index(fences[0]), len(page) - 1
        assert page[end] == fences[0].removesuffix("diff")
        assert not any(line.lstrip().startswith(fences[1]) for line in page[start + 1 : end])


@pytest.mark.parametrize("limit", [GITHUB, AZURE_DEVOPS, 1_000])
def test_what_does_not_fit_is_counted(limit: int) -> None:
    lines = [f"+ line {number} 🙂" for number in range(20_000)]
    page = markdown(Findings("gate", "1", RULES, MANY), [Section("Difference", lines, "diff")], limit=limit)
    assert len(page.encode("utf-16-le")) // 2 <= limit
    assert len(page) > limit * 0.7 or limit == 1_000
    cut = re.search(r"\*\*Cut to fit:\*\* (?:(\d+) findings)?(?:, )?(?:(\d+) lines)? more", page)
    assert cut
    assert int(cut[1] or 0) + page.count("🔴") == 2_000
    assert int(cut[2] or 0) + page.count("+ line") == 20_000


def test_one_endless_text_is_cut_with_its_count() -> None:
    assert escaped("x" * 5_000) == "x" * 2_000 + r"… \(3000 characters more\)"
    assert any(len(text) > 2_000 for text in HOSTILE)


@given(many, st.integers(1_000, 3_000))
def test_no_page_is_over_its_limit(findings: Findings, limit: int) -> None:
    page = markdown(findings, [Section("Lines", ["x" * 300] * 3)], limit=limit)
    assert len(page.encode("utf-16-le")) // 2 <= limit
    if "Cut to fit" not in page:
        assert page.count("x" * 300) >= 3
