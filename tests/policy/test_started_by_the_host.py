"""The pack as the language host starts it: a process of its own that prints a port and speaks the analyzer service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from lockstep.policy.rules import RULES
from tests.docs.pages import code, read
from tests.policy.service import request
from tests.settings.reading import config

PACK = Path(__file__).resolve().parents[2] / "policy"
STACK = {"PULUMI_PROJECT": "lockstep", "PULUMI_STACK": "test", "PULUMI_CONFIG": json.dumps(config())}


@contextmanager
def _started(environ: Mapping[str, str], folder: Path = PACK) -> Iterator[subprocess.Popen[str]]:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("PULUMI_")}
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(folder)],
        cwd=folder,
        env={**inherited, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def test_it_prints_its_port_and_judges() -> None:
    with _started(STACK) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            pack: Any = analyzer_pb2_grpc.AnalyzerStub(channel)
            info = pack.GetAnalyzerInfo(empty_pb2.Empty())
            levels = {policy.name: policy.enforcementLevel for policy in info.policies}
            pack.Configure(analyzer_pb2.ConfigureAnalyzerRequest())
            answer = pack.Analyze(request("random:index/randomId:RandomId", "it", {"byteLength": 4}))
    assert info.name == "lockstep"
    assert {rule.name: rule.blocks for rule in RULES} == {
        name: level == analyzer_pb2.MANDATORY for name, level in levels.items() if name != "exception-used"
    }
    assert [entry.policyName for entry in answer.diagnostics] == ["only-listed-types"]


def test_a_pack_of_ones_own_is_two_files_and_the_exceptions_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    folder.mkdir()
    text = read("docs/policy.md")
    # `lockstep init` writes these two as they stand here.
    program, description = read("policy/__main__.py"), read("policy/PulumiPolicy.yaml")
    (exceptions,) = [block for block in code(text, "yaml") if block.startswith("exceptions:")]
    (folder / "__main__.py").write_text(program, encoding="utf-8")
    (folder / "PulumiPolicy.yaml").write_text(description, encoding="utf-8")
    (folder / "exceptions.yaml").write_text(exceptions.replace("stack: prod", "stack: test"), encoding="utf-8")
    with _started(STACK, folder) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            pack: Any = analyzer_pb2_grpc.AnalyzerStub(channel)
            group = "azuread:index/group:Group"
            answers = [pack.Analyze(request(group, name, {})) for name in ("Atlas pilots", "others")]
    assert [[entry.policyName for entry in answer.diagnostics] for answer in answers] == [
        ["exception-used"],
        ["only-listed-types"],
    ]


OLDER = '{"atlas": "1999-01-01"}'


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"PULUMI_CONFIG": "{}"}, "Pulumi.test.yaml: lockstep:target is missing"),
        ({"PULUMI_CONFIG": None}, "stack test: its settings did not reach the policy pack"),
        (
            {"PULUMI_CONFIG": json.dumps(config(editions=OLDER))},
            "atlas has no edition '1999-01-01'",
        ),
        ({"PULUMI_STACK": ""}, "the engine did not say which stack this is"),
    ],
)
def test_it_does_not_load_for_a_stack_that_it_cannot_judge(changed: dict[str, str | None], words: str) -> None:
    environ = {name: text for name, text in {**STACK, **changed}.items() if text is not None}
    with _started(environ) as process:
        printed, said = process.communicate(timeout=300)
    assert process.returncode == 1
    assert printed == ""
    assert said.startswith("the policy pack cannot judge this stack: ")
    assert words in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("only-listed-types", analyzer_pb2.DISABLED),
        ("only-listed-types", analyzer_pb2.ADVISORY),
        ("tier-0-is-named", analyzer_pb2.DISABLED),
        ("no-such-rule", analyzer_pb2.MANDATORY),
    ],
)
def test_no_configuration_lowers_a_level(name: str, level: Any) -> None:
    with _started(STACK) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            pack: Any = analyzer_pb2_grpc.AnalyzerStub(channel)
            sent = analyzer_pb2.ConfigureAnalyzerRequest(
                policyConfig={name: analyzer_pb2.PolicyConfig(enforcementLevel=level)}
            )
            with pytest.raises(grpc.RpcError) as caught:
                pack.Configure(sent)
    answer: Any = caught.value
    assert f"changes {name}" in answer.details()
