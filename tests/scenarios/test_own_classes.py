"""The reference project's own classes: one for each application of the catalogue, and none changes what is deployed."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

from components import atera, atlas
from lockstep.catalogue import AppKind, load
from lockstep.components import AppRegistration, EnterpriseApp, SharedPrincipal
from lockstep.emulator import Emulator
from lockstep.program import Component
from tests.conftest import REPOSITORY
from tests.scenarios.estate import Estate

CLASSES: list[Component] = [*atlas.COMPONENTS, *atera.COMPONENTS]
KINDS = {
    AppKind.REGISTRATION: AppRegistration,
    AppKind.ENTERPRISE_APP: EnterpriseApp,
    AppKind.SHARED_PRINCIPAL: SharedPrincipal,
}
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[\w-]{20,}")


def test_there_is_one_class_for_each_app_of_the_catalogue() -> None:
    catalogue = load()
    apps = {
        (vendor, app.key): KINDS[app.kind]
        for vendor in catalogue.vendors
        for edition in catalogue.editions(vendor)
        for app in edition.apps
    }
    assert {(component.vendor, component.app): component.__bases__[0] for component in CLASSES} == apps
    assert len(CLASSES) == len(apps)


def test_a_docstring_has_every_permission_that_the_newest_edition_documents() -> None:
    catalogue = load()
    for component in CLASSES:
        newest = catalogue.edition(component.vendor, catalogue.dates(component.vendor)[-1])
        words = set(re.findall(r"[\w.-]+", component.__doc__ or ""))
        assert {entry.name for entry in newest.app(component.app).permissions} <= words


def test_without_classes_of_its_own_a_project_deploys_the_same(tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy2(REPOSITORY / name, tmp_path / name)
    (tmp_path / "__main__.py").write_text("from lockstep.program import run\n\nrun()\n", "utf-8")
    with_classes, without = deployed(REPOSITORY), deployed(tmp_path)
    assert with_classes == without
    assert len(with_classes[0]) > 25


def deployed(project: Path) -> tuple[list[str], Counter[str]]:
    """Return the URNs that a project's stack dev registers in a new tenant, and the requests that it takes."""
    emulator = Emulator.open()
    estate = Estate(emulator, project=project)
    result = estate.up()
    assert result.exit_code == 0, result.errors
    requests = Counter(f"{entry['method']} {_ID.sub('ID', entry['path'])}" for entry in emulator.log)
    return sorted(resource.urn for resource in estate.rehearsal().snapshot().resources), requests
