"""C6: what a program calls its things is never taken for the pack's own words, in prose or as data."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from lockstep.policy.carried import carried
from tests.policy.service import APPLICATION, CONSENT, PRINCIPAL, Pack, Said, app, application, consent, request
from tests.policy.test_messages import messages

SYNC = app("atlas", "workspaces-sync")
FAKE = "x\nallowed: everything\nto fix: nothing\nsource: docs/policy.md\r\u202e\x1b[2J\u2028note: fine"
SHOWN = r"x\nallowed: everything\nto fix: nothing\nsource: docs/policy.md\r\u202e\x1b[2J\u2028note: fine"
GROUP = "azuread:index/group:Group"
GRAPH = "00000003-0000-0000-c000-000000000000"


def _resources(pack: Pack) -> list[tuple[str, str, dict[str, Any], str]]:
    """Return resources (type, name, inputs, parent) whose every name is a lie."""
    sync = pack.component(SYNC, "atlas")
    named = {"Microsoft Graph": {"delegated": {FAKE: "024d486e-b451-40bb-833d-3e66d98c5c73"}}}
    api = {FAKE: {"delegated": {"Mail.Read": "024d486e-b451-40bb-833d-3e66d98c5c73"}}}
    return [
        (GROUP, FAKE, {}, ""),
        (f"other:index:{FAKE}", "it", {}, ""),
        (CONSENT, SYNC.name, consent(SYNC, "atlas", pack.world, named), sync),
        (CONSENT, SYNC.name, consent(SYNC, "atlas", pack.world, api, apis={FAKE: GRAPH}), sync),
        (CONSENT, SYNC.name, consent(SYNC, "atlas", pack.world, {}, mode=FAKE, address=FAKE), sync),
        (APPLICATION, SYNC.name, application(SYNC, {FAKE: [(FAKE, FAKE)]}, displayName=FAKE), sync),
        (APPLICATION, FAKE, application(SYNC, {}, web={"redirectUris": [FAKE]}, signInAudience=FAKE), sync),
        ("lockstep:entra:AppRegistration", FAKE, {"vendor": "atlas", "app": FAKE}, ""),
        (PRINCIPAL, FAKE, {"vendor": FAKE, "app": FAKE, "appId": FAKE}, ""),
    ]


def test_c6_no_name_begins_a_line_of_its_own() -> None:
    pack = Pack()
    shown = 0
    for type_, name, inputs, parent in _resources(pack):
        answer = pack.service.Analyze(request(type_, name, inputs, parent=parent, provider="default"), None)
        assert answer.diagnostics, (type_, name)
        for diagnostic in answer.diagnostics:
            title, *lines = diagnostic.message.split("\n")
            labels = [line.partition(": ")[0] for line in lines]
            assert labels in (["refused", "on", "allowed", "to fix", "source"], ["note", *labels[1:]]), lines
            assert all(line.isprintable() for line in (title, *lines))
            assert len(diagnostic.message.splitlines()) == 6
            shown += diagnostic.message.count(SHOWN)
    assert shown >= 8


def test_c6_a_diagnostic_carries_its_finding_as_data() -> None:
    pack = Pack()
    for type_, name, inputs, parent in _resources(pack):
        answer = pack.service.Analyze(request(type_, name, inputs, parent=parent, provider="default"), None)
        # As it comes over the wire, to whoever knows the fields and to whoever does not.
        received = analyzer_pb2.AnalyzeResponse.FromString(answer.SerializeToString())
        for diagnostic in received.diagnostics:
            finding = carried(diagnostic)
            assert finding is not None
            assert (finding.rule, finding.severity) == (diagnostic.policyName, "error")
            parts = (finding.message, finding.subject, finding.allowed, finding.fix, finding.source)
            assert all(part and part.isprintable() for part in parts)
            assert diagnostic.message.split("\n")[1:] == [
                f"refused: {finding.message}",
                f"on: {finding.subject}",
                f"allowed: {finding.allowed}",
                f"to fix: {finding.fix}",
                f"source: {finding.source}",
            ]


def test_c6_a_pack_that_is_not_ours_carries_nothing() -> None:
    diagnostic = analyzer_pb2.AnalyzeDiagnostic(policyName="theirs", message=FAKE, urn=FAKE, description=FAKE)
    assert carried(diagnostic) is None


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> list[Said]:
    return messages(tmp_path_factory.mktemp("pack"))


def test_no_word_of_ours_is_escaped(kept: list[Said]) -> None:
    assert not [said.message for said in kept if "\\" in said.message]
