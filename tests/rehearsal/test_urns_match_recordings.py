"""URNs are built as the real engine builds them."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.deployment import make_urn, package_of, stack_urn
from lockstep.rehearsal.providers import default_provider_name, split_reference


def test_urns_every_recorded_registration_has_the_recorded_urn(recorded: dict[str, Any]) -> None:
    for entry in recorded["registrations"]:
        assert make_urn("dev", "estate", entry["parent"], entry["type"], entry["name"]) == entry["urn"]


def test_urns_keep_the_whole_chain_of_types_without_the_stack() -> None:
    root = stack_urn("dev", "estate")
    outer = make_urn("dev", "estate", root, "a:b:Outer", "o")
    inner = make_urn("dev", "estate", outer, "a:b:Inner", "i")
    assert (
        make_urn("dev", "estate", inner, "c:d:Leaf", "x::y")
        == "urn:pulumi:dev::estate::a:b:Outer$a:b:Inner$c:d:Leaf::x::y"
    )


@pytest.mark.parametrize(
    ("version", "name"), [("6.11.1", "default_6_11_1"), ("", "default"), ("1.0.0-rc.1", "default_1_0_0_rc_1")]
)
def test_urns_default_providers_are_named_by_version(version: str, name: str) -> None:
    assert default_provider_name(version) == name


def test_urns_a_provider_reference_splits_at_its_last_part() -> None:
    assert split_reference("urn:pulumi:d::p::pulumi:providers:x::default::1-2") == (
        "urn:pulumi:d::p::pulumi:providers:x::default",
        "1-2",
    )
    assert package_of("azuread:index/application:Application") == "azuread"
