"""The right tenant and no other: each way in which it could be the wrong one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockstep.errors import SettingError, SignInError, WrongTenantError
from lockstep.settings.guards import SignedIn, check_callers, check_host
from tests.settings.reading import LOCAL_TENANT, REAL_TENANT, read

REAL = read(target=REAL_TENANT, editions='{"atlas": "2025-03-01", "atera": "2026-11-22"}')
US = SignedIn(REAL_TENANT, "client", "object")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8443", "LOCALHOST:1", "127.0.0.1:8443", "127.9.9.9", "[::1]:8443"]
)
def test_local_target_takes_this_machine(host: str) -> None:
    check_host(read(), host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "login.microsoftonline.com",
        "localhost.evil.example",
        "localhost@evil.example",
        "10.0.0.1",
        "[::2]",
        "[",
    ],
)
def test_local_target_refuses_every_other_host(host: str | None) -> None:
    with pytest.raises(SettingError, match="ARM_METADATA_HOSTNAME"):
        check_host(read(), host)


@pytest.mark.parametrize("host", [None, "localhost:8443", "login.microsoftonline.us"])
def test_real_target_takes_any_host(host: str | None) -> None:
    check_host(REAL, host)


def test_same_caller_in_the_right_tenant_is_taken() -> None:
    check_callers(REAL, US, US)
    check_callers(REAL, replace(US, client_id="CLIENT"), US)
    check_callers(REAL, replace(US, client_id=""), US)


@pytest.mark.parametrize("provider", ["azuread", "entraconsent"])
@pytest.mark.parametrize("tenant", [LOCAL_TENANT, ""])
def test_token_of_another_tenant_is_refused(provider: str, tenant: str) -> None:
    wrong = replace(US, tenant_id=tenant)
    callers = (wrong, US) if provider == "azuread" else (US, wrong)
    with pytest.raises(WrongTenantError, match=rf"^{provider} is signed in .*{REAL_TENANT}.*nothing was written"):
        check_callers(REAL, *callers)


@pytest.mark.parametrize("field", ["client_id", "object_id"])
def test_two_callers_are_refused(field: str) -> None:
    with pytest.raises(SignInError, match="both must be one caller"):
        check_callers(REAL, US, replace(US, **{field: "another"}))
