"""Every text field of findings, in every form: what others wrote in it is inert there."""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from lockstep.report import Finding, Findings, Location, Rule, Severity
from lockstep.report.markdown import Section
from lockstep.report.outputs import Outputs
from lockstep.report.screen import Screen
from lockstep.report.text import visible

# What a field may hold: each means to hide something, to turn a line round, to start a line, or to command an agent.
HOSTILE = {
    "bidi": "\u202e\u2066\u200f",
    "c0": "\x00\x07\x08\x1b[2J\x7f",
    "c1": "\x85\x9b31m\x90",
    "zero-width": "\u200b\u200d\u2060\ufeff\u00ad",
    "blank": "\u3164\u115f\uffa0\u2800\ufe0f\U000e0101\u034f\u17b4\u180b",
    "tags": "\U000e0041\U000e007f",
    "separators": "a\u2028b\u2029c\nd\re\x0bf\x0cg\x1ch",
    "unassigned": "\ufdd0\ufffe\U0001ffff\ue000\ud800",
    "vso": "##vso[task.complete result=Succeeded;]",
    "vso in capitals": "x ##VSO[task.setvariable variable=a]b",
    "section": "x ##[error]y",
    "workflow": "\n::error file=x::gotcha\n::stop-commands::t",
    "workflow behind a space": "\u2028 \u00a0::set-output name=a::b",
}
FORMS = ("text", "json", "annotations", "markdown", "sarif", "junit")


def findings(text: str) -> Findings:
    """Return findings that have a text in every field that holds one."""
    filled: dict[str, Any] = {
        field.name: text for field in dataclasses.fields(Finding) if field.name not in ("severity", "location")
    }
    filled |= {"severity": Severity.ERROR, "location": Location(text, 3, 4), "properties": {text: text, "app": text}}
    rule = Rule(text, text, text, text)
    return Findings(text, text, (rule, Rule("other", text, text)), (Finding(**filled),), {text: 3}, verdict=text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_c11_what_others_wrote_is_inert_in_every_field_of_every_form(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forms: dict[str, str] = {}
    files = {name: tmp_path / name for name in ("sarif", "junit", "markdown")}
    sections = [Section(text, [text, f"+ {text}"], "diff")]
    outputs = Outputs(sarif=files["sarif"], junit=files["junit"], markdown=files["markdown"], annotations=True)
    outputs.give(Screen(), findings(text), sections=sections)
    said = capsys.readouterr().out
    # The annotations are the last line: there is one finding.
    *plain, forms["annotations"] = said.removesuffix("\n").split("\n")
    forms["text"] = "\n".join(plain)
    Outputs(as_json=True).give(Screen(as_json=True), findings(text))
    forms["json"] = capsys.readouterr().out
    forms |= {name: path.read_bytes().decode("utf-8") for name, path in files.items()}
    assert set(forms) == set(FORMS)
    for name, shown in forms.items():
        # The line ends are ours; in Markdown so is the zero-width space that keeps a mention from being one.
        hidden = {letter for letter in shown.replace("\n", "") if visible(letter) != letter}
        assert hidden <= ({"\u200b"} if name == "markdown" else set()), name
        assert not re.search(r"##(vso)?\[", shown, re.IGNORECASE), name
        for line in shown.split("\n"):
            if name != "annotations":
                assert not line.lstrip().startswith("::"), (name, line)
    assert re.fullmatch(r"::error file=[^\n]*", forms["annotations"])
    # JSON may spell a letter in another way than it is.
    for part in _texts(json.loads(forms["json"])) + _texts(json.loads(forms["sarif"])):
        assert not {unicodedata.category(letter) for letter in part.replace("\n", "")} & {"Cc", "Cf", "Cn", "Co", "Cs"}


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []
