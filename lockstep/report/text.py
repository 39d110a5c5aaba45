"""Text that others wrote, made fit for a line: names from a tenant, from a pull request, from a program's own output.

Every writer passes what it did not write itself through here first. Knows no format.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Agents of Azure DevOps and older ones of GitHub obey `##vso[` and `##[` wherever they stand in a line of output.
_COMMAND = re.compile(r"#(?=#(?:vso)?\[)", re.IGNORECASE)
# What is invisible or turns the direction of reading hides what a line really says.
_HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
# Letters and marks that show nothing: fillers, joiners, selectors of a variant, an empty Braille cell.
# https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def visible(text: str) -> str:
    r"""Return the text on one line, with everything that does not show itself written as an escape such as `\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text)


def inert(text: str) -> str:
    """Return one visible line that no CI agent takes for a command, wherever it is printed."""
    line = _COMMAND.sub(r"#\\", visible(text))
    bare = line.lstrip()
    return f"\\{bare}" if bare.startswith("::") else line


@cache
def _shown(letter: str) -> str:
    if unicodedata.category(letter) not in _HIDDEN and not _BLANK.match(letter):
        return letter
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(letter)
    if short:
        return short
    point = ord(letter)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
