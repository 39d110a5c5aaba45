"""Write what Microsoft Graph documents of the types that the emulator serves: their properties and relationships.

    python scripts/graph_types.py FOLDER    (FOLDER has an installed msgraph-beta-sdk in it)

The sources are msgraph-sdk (v1.0, among the development requirements) and msgraph-beta-sdk (beta; too large to be one:
install it into an environment of its own). Microsoft generates both from Graph's description of itself, $metadata: each
model holds every property of one type, and in comments what may be filtered, sorted, and shown only when selected.
Names and these facts are taken over, no sentence is. Knows nothing of what the emulator does with them.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "lockstep" / "emulator" / "odata" / "graph_types.json"
SERVED = (
    "application", "applicationTemplate", "appManagementPolicy", "appRoleAssignment", "authorizationPolicy",
    "claimsMappingPolicy", "directoryAudit", "directoryObject", "directoryRole", "directoryRoleTemplate", "domain",
    "federatedIdentityCredential", "group", "homeRealmDiscoveryPolicy", "oAuth2PermissionGrant", "organization",
    "permissionGrantPolicy", "servicePrincipal", "tenantAppManagementPolicy", "tokenIssuancePolicy",
    "tokenLifetimePolicy", "unifiedRoleAssignment", "unifiedRoleDefinition", "unifiedRoleEligibilityScheduleRequest",
    "user",
)  # fmt: skip
"""The entity types whose properties are written down; with them go the types that they derive from and consist of."""
_CLASS = re.compile(r"^class (\w+)\(([^)]*)\):", re.MULTILINE)
_FIELD = re.compile(r"^    # (?P<comment>.*)\n    (?P<name>\w+): Optional\[(?P<type>.+)\] = ", re.MULTILINE)
_READ = re.compile(r'^            "(?P<json>\S+)": lambda n : setattr\(self, \'(?P<name>\w+)\'', re.MULTILINE)
_FILTER = re.compile(r"(?<!not )[Ss]upports? (?:the )?(?:only )?\$filter(?: query parameter)?,?(?: \(([^)]*)\))?")
_ORDER = re.compile(r"[Ss]upports[^.]*\$order[bB]y(?! isn't)")
_OPERATORS = ("eq", "ne", "not", "ge", "le", "gt", "lt", "in", "startsWith", "endsWith", "contains", "has")
_TEXTS = ("str", "uUID", "bytes", "datetime.date", "datetime.time", "datetime.timedelta")
_SCALARS = {"bool": "boolean", "int": "number", "float": "number", "datetime.datetime": "moment"}
_SELECT = re.compile(r"(Requires|Returned only on|Only returned on|Returned only when) \$select", re.IGNORECASE)


class Models:
    """The models of one SDK: every class by the name of its type in Graph."""

    def __init__(self, package: Path) -> None:
        self.folder = package / "generated" / "models"
        self.texts: dict[str, str] = {}
        self.bases: dict[str, str] = {}
        for path in self.folder.glob("*.py"):
            text = path.read_text("utf-8")
            match = _CLASS.search(text)
            if match is not None:
                name = _lower(match[1])
                self.texts[name] = text
                self.bases[name] = _lower(match[2].split(",")[0].strip())

    def is_entity(self, name: str) -> bool:
        """Tell whether a type has an identity of its own, so that a property of it is a relationship."""
        return name == "entity" or (name in self.bases and self.is_entity(self.bases[name]))

    def is_enum(self, name: str) -> bool:
        """Tell whether a type is a list of words."""
        return self.bases.get(name) == "str"

    def properties(self, name: str) -> dict[str, dict[str, Any]]:
        """Return what Graph documents of each property of a type, without those of its base."""
        text = self.texts[name]
        words = {match["name"]: match["json"] for match in _READ.finditer(text) if match["json"] != "@odata.type"}
        found = {}
        for match in _FIELD.finditer(text):
            if match["name"] in words:
                found[words[match["name"]]] = self._facts(match["comment"], match["type"])
        missing = set(words.values()) - set(found)
        if missing:
            raise ValueError(f"{name}: no field of {sorted(missing)}")
        return dict(sorted(found.items()))

    def _facts(self, comment: str, declared: str) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        kind = _lower(declared.removeprefix("list[").rstrip("]"))
        if declared.startswith("list["):
            facts["list"] = True
        if kind in self.texts and not self.is_enum(kind):
            facts["relationship" if self.is_entity(kind) else "type"] = kind
        elif not self.is_enum(kind) and kind not in _TEXTS:
            facts["scalar"] = _SCALARS.get(kind, "any")
        match = _FILTER.search(comment)
        if match is not None:
            words = re.findall(r"\w+", match[1] or "eq")
            facts["filter"] = [word for word in _OPERATORS if word.lower() in {other.lower() for other in words}]
        if _ORDER.search(comment):
            facts["order"] = True
        if _SELECT.search(comment):
            facts["selected"] = True
        return facts

    def document(self) -> dict[str, Any]:
        """Return the served types of this SDK, and all that they derive from and consist of."""
        waiting = [name for name in SERVED if name in self.texts]
        types: dict[str, Any] = {}
        while waiting:
            name = waiting.pop()
            if name in types or name not in self.texts:
                continue
            base = self.bases[name]
            properties = self.properties(name)
            types[name] = {"base": base if base in self.texts else None, "properties": properties}
            waiting += [base, *(facts["type"] for facts in properties.values() if "type" in facts)]
        derived = {name: self.bases[name] for name in sorted(self.bases) if self._is_object(name)}
        return {"directoryObjects": derived, "types": dict(sorted(types.items()))}

    def _is_object(self, name: str) -> bool:
        """Tell whether a type is a kind of directory object."""
        base = self.bases.get(name)
        return base == "directoryObject" or (base is not None and self._is_object(base))


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def stable(package: Path) -> dict[str, Any]:
    """Return what v1.0 documents."""
    return Models(package).document()


def _version(folder: Path, name: str) -> str:
    return next(found.version for found in distributions(path=[str(folder)]) if found.name == name)


def main(beta: Path) -> None:
    """Write the file."""
    spec = importlib.util.find_spec("msgraph")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("msgraph-sdk is not installed")
    package = Path(next(iter(spec.submodule_search_locations)))
    about = {
        "v1.0": f"msgraph-sdk {_version(package.parent, 'msgraph-sdk')}",
        "beta": f"msgraph-beta-sdk {_version(beta, 'msgraph-beta-sdk')}",
        "address": "https://github.com/microsoftgraph/msgraph-metadata (of which both are made)",
        "retrieved": datetime.now(UTC).date().isoformat(),
    }
    document = {"source": about, "v1.0": stable(package), "beta": Models(beta / "msgraph_beta").document()}
    lines = json.dumps(document, separators=(",", ":"))
    TARGET.write_text(re.sub(r'(?<=\})(,)(?="\w+":\{"base")', ",\n", lines) + "\n", "utf-8")
    print(f"{TARGET}: written", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
