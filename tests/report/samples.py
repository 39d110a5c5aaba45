"""Findings to write: one of each weight, and text that tries to be more than text."""

from __future__ import annotations

from hypothesis import strategies as st

from lockstep.report import Finding, Findings, Location, Rule, Severity

RULES = (
    Rule("undocumented-permission", "Undocumented permission", "Only what the vendor documents.", "docs/policy.md"),
    Rule("expired-exception", "Expired exception", "An exception ends on its day."),
    Rule("never-broken", "Never broken", "A rule without findings."),
)

ERROR = Finding(
    rule="undocumented-permission",
    severity=Severity.ERROR,
    message="Mail.ReadWrite is not documented",
    subject="stack dev: Atera",
    allowed="Mail.Read",
    fix="take it out",
    source="Atera, edition 2026-11-22",
    location=Location("components/enterprise app.py", 12, 5),
    properties={"app": "atera", "permission": "Mail.ReadWrite"},
)
WARNING = Finding("expired-exception", Severity.WARNING, "ends tomorrow", "exception 3", location=Location("a.yaml"))
REMARK = Finding("expired-exception", Severity.INFORMATION, "used once", "exception 4")

ALL = Findings("gate", "1.2.3", RULES, (REMARK, WARNING, ERROR), {"permissions": 82, "apps": 8})
NONE = Findings("gate", "1.2.3", RULES, (), {"permissions": 1, "apps": 1})

HOSTILE = (
    "::error file=x::gotcha",
    "first\n::set-output name=a::b",
    "##vso[task.setvariable variable=a]b",
    "##[error]x",
    "a\r\nb\tc",
    "\x00\x1b[31mred\x07\ufffe\ud800",
    "\u202etxt.exe\u2066",
    "<script>alert(1)</script>",
    "<!-- hidden --> ]]> &amp; &lt;",
    "```\n# Heading\n```diff",
    "`code` ``two``",
    "| cell | cell |\n|---|---|",
    "[link](https://evil.example) ![image](x)",
    "https://evil.example www.evil.example",
    "@octocat @org/team me@example.org",
    "fixes #1, GH-2, octo/repo#3, AB#4, !5",
    "**bold** _it_ ~~gone~~ $x$",
    "100%, a:b,c",
    "{0} {name} \\",
    "x" * 5_000,
    "",
)

hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=60),
    st.text(st.characters(codec=None), max_size=20),
    st.lists(st.sampled_from(HOSTILE[:-2]), max_size=4).map(" ".join),
)

files = st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=9), min_size=1, max_size=3)
places = st.builds(Location, files.map("/".join), st.none() | st.integers(1, 9999), st.none() | st.integers(1, 200))
single = st.builds(
    Finding,
    rule=st.sampled_from([rule.name for rule in RULES]),
    severity=st.sampled_from(Severity),
    message=hostile,
    subject=hostile,
    allowed=st.none() | hostile,
    fix=st.none() | hostile,
    source=st.none() | hostile,
    location=st.none() | places,
    properties=st.dictionaries(st.sampled_from(["app", "api", "tenant"]), hostile, max_size=2),
)
many = st.builds(
    Findings,
    command=st.just("gate"),
    version=st.just("1.2.3"),
    rules=st.just(RULES),
    findings=st.lists(single, max_size=6).map(tuple),
    checked=st.just({"permissions": 82, "apps": 8}),
)
