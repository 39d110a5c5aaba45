"""Write `components/`: a class for each application that the catalogue has, with what its vendor documents for it.

    python scripts/component_classes.py

A file for each vendor, from its newest edition. Which application a class stands for never changes; the permissions in
its docstring are those of that edition, and no stack is deployed by them.
"""

from __future__ import annotations

import re
import textwrap
from itertools import groupby
from pathlib import Path

from lockstep.catalogue import CURRENT, App, AppKind, DocumentedPermission, Edition, load

TARGET = Path(__file__).parent.parent / "components"
BASES = {
    AppKind.REGISTRATION: "AppRegistration",
    AppKind.ENTERPRISE_APP: "EnterpriseApp",
    AppKind.SHARED_PRINCIPAL: "SharedPrincipal",
}
_WIDTH = 120


def module(edition: Edition) -> str:
    """Return the module of one vendor."""
    bases = sorted({BASES[app.kind] for app in edition.apps})
    names = [class_name(edition.vendor, app.name) for app in edition.apps]
    listed = "".join(f"    {name},\n" for name in names)
    title = edition.vendor.capitalize()
    head = f'''"""The applications of {title}, by name. `make docs` writes this file from the catalogue."""

from __future__ import annotations

from lockstep.components import {", ".join(bases)}'''
    tail = f'''COMPONENTS = {f"({names[0]},)" if len(names) == 1 else f"({chr(10)}{listed})"}
"""Every class of this file, for `lockstep.program.run`."""
'''
    return "\n\n\n".join([head, *(_class(edition, app) for app in edition.apps), tail])


def class_name(vendor: str, app: str) -> str:
    """Return the class name of an application: `Atlas.ConneX API` gives `ConneXApi`."""
    words = re.findall(r"\w+", re.sub(rf"^{vendor}\.", "", app, flags=re.IGNORECASE))
    return "".join(word.capitalize() if word.isupper() else word[0].upper() + word[1:] for word in words)


def _class(edition: Edition, app: App) -> str:
    lines = [
        f"class {class_name(edition.vendor, app.name)}({BASES[app.kind]}):",
        f'    """{app.name}.',
        "",
        f"    What the edition {edition.id} documents for it:",
        "",
    ]
    kinds = groupby(sorted(app.permissions, key=_kind), key=_kind)
    for (api, type_), permissions in kinds:
        names = ", ".join(sorted(permission.name for permission in permissions))
        lines += textwrap.wrap(f"- {api} · {type_}: {names}", _WIDTH, initial_indent="    ", subsequent_indent="      ")
    lines += ['    """', "", f'    vendor = "{edition.vendor}"', f'    app = "{app.key}"']
    for scope in app.exposes:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])|\W", "_", scope.value).lower()
        lines += [
            "",
            "    @property",
            f"    def {name}(self) -> str:",
            f'        """The id of the scope {scope.value}, which this application exposes."""',
            f'        return self.scope_ids["{scope.value}"]',
        ]
    return "\n".join(lines)


def _kind(permission: DocumentedPermission) -> tuple[str, str]:
    return permission.api_name, permission.type.value


if __name__ == "__main__":
    catalogue = load()
    for vendor in catalogue.vendors:
        text = module(catalogue.edition_as_of(vendor, CURRENT))
        (TARGET / f"{vendor}.py").write_text(text, encoding="utf-8")
