"""Text that others wrote, made fit for a line: names from a tenant, from a pull request, from a program's own output.

Every writer passes what it did not write itself through here first. Knows no format.
"""

from __future__ import annotations

import unicodedata

# Agents of Azure DevOps and older ones of GitHub obey these wherever they stand in a line of output.
_COMMANDS = ("##vso[", "##[")
# What is invisible or turns the direction of reading hides what a line really says.
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    r"""Return the text on one line, with everything that does not show itself written as an escape such as `\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text)


def inert(text: str) -> str:
    """Return one visible line that no CI agent takes for a command, wherever it is printed."""
    line = visible(text)
    for command in _COMMANDS:
        line = line.replace(command, f"#\\{command[1:]}")
    bare = line.lstrip()
    return f"\\{bare}" if bare.startswith("::") else line


def _shown(letter: str) -> str:
    if unicodedata.category(letter) not in _HIDDEN and not ord(letter) & 0xFFFF >= 0xFFFE:
        return letter
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(letter)
    if short:
        return short
    point = ord(letter)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
