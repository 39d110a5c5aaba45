"""Each rule has a tenant that breaks it and one that nearly does; none is without, and an exact tenant has none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest

from lockstep.audit.findings import RULES, SEVERITIES, findings
from lockstep.audit.judge import judge
from lockstep.audit.standing import StackCommands
from lockstep.audit.subjects import AuditPlan
from lockstep.catalogue import PermissionType, apis
from lockstep.catalogue.model import DirectoryRole
from lockstep.consent import DEFAULT_ACCESS, Consent
from lockstep.directory.reading import question
from lockstep.directory.records import (
    AppCredential,
    HeldRole,
    Holdings,
    NotRead,
    Owner,
    ScopeRecord,
    directory_role,
)
from lockstep.report import Finding, Severity
from lockstep.settings.model import AdoptedSetting, ScopeSetting
from lockstep.settings.selection import Withheld
from tests.audit.worlds import MICROSOFT, NOW, TENANT, World, consent, exact, graph, ident

Change = Callable[[World], object]


@dataclass(frozen=True)
class Case:
    """A rule, a change that breaks it, and one that does not."""

    rule: str
    breaks: Change
    nearly: Change


def _absent(key: str) -> Change:
    def change(world: World) -> None:
        world.applications.pop(key, None)
        world.principals.pop(key)
        world.holdings.pop(key)

    return change


def _principal(key: str, **values: object) -> Change:
    def change(world: World) -> None:
        world.principals[key] = replace(world.principals[key], **values)  # type: ignore[arg-type]

    return change


SHAREPOINT_URI = f"api://{TENANT}/contoso.sharepoint.com"


def _other_uri(*uris: str, owner: str = TENANT, scopes: bool = True) -> Change:
    """Let the old principal, which is known by its URI, have others than the documented one."""

    def change(world: World) -> None:
        _principal("spfx/old", names=frozenset(uris), owner_tenant=owner)(world)
        if not scopes:
            world.holdings["spfx/old"] = Holdings()

    return change


def _retired(key: str) -> Change:
    """Let an app hold a permission of Azure AD Graph."""
    api = apis()["azure-ad-graph"]
    entry = api.find("Directory.Read.All", PermissionType.APPLICATION)
    assert entry is not None
    return lambda world: world.hold(key, Consent(api.app_id, entry.type, entry.name, entry.id))


def _no_principal(key: str) -> Change:
    def change(world: World) -> None:
        del world.principals[key], world.holdings[key]

    return change


def _credential(kind: str, created: str, expires: str) -> Change:
    def change(world: World) -> None:
        one = AppCredential(ident("key"), kind, "Atlas", "application", created, expires, ident("key"))
        world.applications["connex-api"] = replace(world.applications["connex-api"], credentials=(one,))

    return change


def _holds(key: str, **values: object) -> Change:
    def change(world: World) -> None:
        world.holdings[key] = replace(world.holdings[key], **values)  # type: ignore[arg-type]

    return change


def _smaller(key: str, missing: int) -> Change:
    """Take away as many of an app's consents."""
    return lambda world: world.hold(key, without=tuple(sorted(world.holdings[key].consents)[:missing]))


def _scope(**values: object) -> Change:
    def change(world: World) -> None:
        app = world.applications["connex-api"]
        scope = replace(app.scopes[0], **values)  # type: ignore[arg-type]
        world.applications["connex-api"] = replace(app, scopes=(scope,))

    return change


def _pre_authorized(*clients: str) -> Change:
    def change(world: World) -> None:
        app = world.applications["connex-api"]
        world.applications["connex-api"] = replace(app, pre_authorized=frozenset(clients))

    return change


REDIRECT, ADDRESS = "web.redirectUris", "https://contoso.example/in"


def _traits(found: Mapping[str, tuple[str, ...]], keeps: tuple[str, ...] = (), **kept: tuple[str, ...]) -> Change:
    """Let an app have something beside permissions, and keep some of it since its adoption."""

    def change(world: World) -> None:
        world.applications["connex-api"] = replace(world.applications["connex-api"], traits=found)
        if keeps or kept or not found:
            app = world.app("connex-api")
            named = {REDIRECT: keeps, **kept} if keeps else kept
            scopes = {s.value: ident(s.value) for s in app.app.exposes}
            setting = AdoptedSetting(display_name=app.name, scope_ids=scopes, keeps=named)
            world.declare("connex-api", adopted=setting)

    return change


def _owned(*owners: str, declared: str | None = None) -> Change:
    def change(world: World) -> None:
        found = tuple(Owner(ident(name), name, "user", "application") for name in owners)
        world.holdings["connex-api"] = replace(world.holdings["connex-api"], owners=found)
        if declared:
            world.declare("connex-api", owners=(ident(declared),))

    return change


def _withhold(held: bool) -> Change:
    def change(world: World) -> None:
        expected = world.app("provisioning")
        entry = expected.wanted[0]
        world.declare("provisioning", wanted=expected.wanted[1:], withheld=(Withheld(entry, "r", "b"),))
        if not held:
            world.hold("provisioning", without=(consent(entry, world),))
            world.configure("provisioning", without=(entry.permission,))

    return change


def _without(key: str, *, consented: bool, configured: bool) -> Change:
    def change(world: World) -> None:
        entry = world.app(key).wanted[0]
        if not consented:
            world.hold(key, without=(consent(entry, world),))
        if not configured:
            world.configure(key, without=(entry.permission,))

    return change


def _on_record(key: str, name: str) -> Change:
    """Let the stack file know an app by the client id of this name."""

    def change(world: World) -> None:
        app = world.app(key)
        kept = AdoptedSetting(display_name=app.name, client_id=ident(name), identifier_uris=app.identifier_uris)
        world.declare(key, adopted=kept)

    return change


def _unknown_client(name: str) -> Change:
    def change(world: World) -> None:
        world.declare("atera", client_id=None, app=replace(world.app("atera").app, client_id=None))
        _principal("atera", display_name=name)(world)

    return change


def _also(name: str, *more: str) -> Change:
    def change(world: World) -> None:
        for each in (name, *more):
            world.register(each, each)

    return change


CASES = (
    Case("retired-api", _retired("atera"), lambda world: world.hold("atera", graph("Mail.Read"))),
    Case("app-missing", _absent("provisioning"), _absent("spfx/old")),
    Case("app-ambiguous", _also("Atlas.ConneX Provisioning"), _also("Atlas.ConneX Provisioning 2")),
    Case("app-replaced", _on_record("provisioning", "gone"), _on_record("provisioning", "provisioning/app")),
    Case("app-unidentified", _unknown_client("Atera"), _unknown_client("Aterra Nova")),
    Case("principal-missing", _no_principal("provisioning"), _no_principal("spfx/old")),
    Case("principal-disabled", _principal("atera", enabled=False), _principal("spfx/old", enabled=False)),
    Case("principal-unsure", _other_uri(SHAREPOINT_URI), _other_uri(SHAREPOINT_URI, owner=ident("another vendor"))),
    Case(
        "permission-missing",
        _without("provisioning", consented=False, configured=False),
        _without("provisioning", consented=False, configured=True),
    ),
    Case(
        "permission-extra",
        lambda world: world.hold("provisioning", graph("Mail.Read")),
        lambda world: world.hold("spfx/new", graph("Chat.Read")),
    ),
    Case(
        "permission-wrong-type",
        lambda world: world.hold("provisioning", graph("Files.Read.All")),
        lambda world: world.hold("atera", graph("Calendars.ReadWrite")),  # a twin, which the vendor may ask for
    ),
    Case(
        "permission-undocumented-api",
        lambda world: world.hold("workspaces-sync", replace_api(world)),
        lambda world: world.hold("spfx/new", replace_api(world)),
    ),
    Case("permission-withheld", _withhold(held=True), _withhold(held=False)),
    Case(
        "configured-without-consent",
        _without("provisioning", consented=False, configured=True),
        _without("provisioning", consented=False, configured=False),
    ),
    Case(
        "consent-without-configuration",
        _without("provisioning", consented=True, configured=False),
        _without("provisioning", consented=False, configured=False),
    ),
    Case("exposed-scope-changed", _scope(enabled=False), _scope(id=ident("another id"))),
    Case("pre-authorized", _pre_authorized(ident("client")), _pre_authorized()),
    Case("beside-permissions", _traits({REDIRECT: (ADDRESS,)}), _traits({REDIRECT: (ADDRESS,)}, keeps=(ADDRESS,))),
    Case("kept", _traits({REDIRECT: (ADDRESS,)}, keeps=(ADDRESS,)), _traits({REDIRECT: (ADDRESS,)}, keeps=("other",))),
    Case(
        "credential",
        _credential("secret", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        _credential("secret", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),  # has ended
    ),
    Case(
        "default-access",
        _holds("atera", assignments=({"appRoleId": DEFAULT_ACCESS, "resourceId": ident("graph")},)),
        _holds("atera", assignments=({"appRoleId": ident("role"), "resourceId": ident("graph")},)),
    ),
    Case("look-alike", _also("Atlas ConneX Provisioning"), _also("Atlas Copco Tools")),
    Case(
        "environment",
        _also("Atlas.ConneX API Test", "Atlas.ConneX Provisioning Test"),
        _also("Atlas.ConneX API Test", "Atlas.ConneX Provisioning Old"),
    ),
    Case(
        "secret-old",
        _credential("secret", "2023-02-06T00:00:00Z", "2033-02-06T00:00:00Z"),
        _credential("certificate", "2023-02-06T00:00:00Z", "2033-02-06T00:00:00Z"),
    ),
    Case(
        "credential-ends",
        _credential("certificate", "2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        _credential("certificate", "2025-01-01T00:00:00Z", "2026-11-01T00:00:00Z"),  # has ended
    ),
    Case(
        "directory-role",
        _holds("atera", roles=(HeldRole(ident("role"), "User Administrator", "/"),)),
        _holds("spfx/new", roles=(HeldRole(ident("role"), "User Administrator", "/"),)),
    ),
    Case("older-consent", _smaller("atera", 3), _smaller("atera", 2)),
    Case("owner", _owned("Ada"), _owned("Ada", declared="Ben")),
    Case("owner-undeclared", _owned("Ada", declared="Ben"), _owned("Ada", declared="Ada")),
    Case(
        "user-consent",
        _holds("atera", users={graph("User.Read"): 3}),
        _holds("atera", users={graph("Chat.Read"): 3}),
    ),
    Case(
        "user-consent-undocumented",
        _holds("atera", users={graph("Chat.Read"): 3}),
        _holds("spfx/new", users={graph("Chat.Read"): 3}),
    ),
    Case("foreign", lambda world: world.hold("spfx/old", graph("Chat.Read")), lambda world: None),
    Case(
        "not-read",
        lambda world: setattr(world, "not_read", (NotRead("directory roles", "RoleManagement.Read.Directory", "403"),)),
        lambda world: None,
    ),
)


def replace_api(world: World) -> Consent:
    """Return a consent on an API that no document names."""
    return replace(graph("Mail.Read"), api=ident("expenses"))


def rules(change: Change) -> set[str]:
    world = exact()
    change(world)
    return {finding.rule for finding in world.findings()}


def test_an_exact_tenant_has_no_findings() -> None:
    assert exact().findings() == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_each_rule_finds_what_breaks_it_and_not_what_nearly_does(case: Case) -> None:
    assert case.rule in rules(case.breaks)
    assert case.rule not in rules(case.nearly)


def test_no_rule_is_without_a_case_and_none_has_two_names() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    # A tenant that cannot be read has no values to judge: the command line says it.
    # A stack's own credentials need a stack: the test below has one.
    without_a_case = {"tenant-not-audited", "credential-undeclared"}
    assert {case.rule for case in CASES} | without_a_case == set(names) == set(SEVERITIES)


def test_c1_a_credential_that_a_stack_does_not_name_is_a_warning_and_one_that_it_keeps_is_none() -> None:
    for kept, found in (((), ["credential-undeclared"]), ((ident("key"),), [])):
        world = exact()
        _credential("secret", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")(world)
        _traits({}, **{"passwordCredentials": kept})(world)
        reading = world.reading()
        said = findings(judge(AuditPlan(world.apps, commands=StackCommands("prod")), reading, NOW), reading)
        assert [each.rule for each in said] == found
        assert all("`lockstep adopt --stack prod --write` has the stack keep it" in str(each.fix) for each in said)


@pytest.mark.parametrize(
    ("change", "sure"),
    [
        (_other_uri(SHAREPOINT_URI), "very likely"),
        (_other_uri("https://elsewhere.example/microsoft.spfx3rdparty.com"), "very likely"),
        (_other_uri("api://somewhere/else", owner=MICROSOFT), "very likely"),
        (_other_uri("api://somewhere/else"), "likely"),
        (_other_uri(SHAREPOINT_URI, scopes=False), "likely"),
        (_other_uri(scopes=False), "possibly"),
    ],
)
def test_b1_a_principal_that_may_be_microsofts_is_recognised_with_its_evidence(change: Change, sure: str) -> None:
    world = exact()
    change(world)
    (found,) = [each for each in world.findings() if each.rule == "principal-unsure"]
    assert f") is {sure} the principal" in found.message
    assert found.fix is not None
    assert found.fix.startswith("leave it as it is")
    assert "look-alike" not in {each.rule for each in world.findings()}


def test_b1_no_fix_advises_to_delete_or_rename_an_object_of_a_tenant() -> None:
    for case in CASES:
        world = exact()
        case.breaks(world)
        fixes = [each.fix or "" for each in world.findings()]
        assert not [fix for fix in fixes if re.search(r"\b(delete|rename|remove)\b", fix)], case.rule


def test_every_finding_says_where_and_in_which_tenant() -> None:
    for case in CASES:
        world = exact()
        case.breaks(world)
        for finding in world.findings():
            assert TENANT in finding.subject
            assert finding.properties["tenant"] == TENANT
            assert "\n" not in finding.message


@pytest.mark.parametrize("rule", [case.rule for case in CASES if SEVERITIES[case.rule] is Severity.ERROR])
def test_every_error_says_how_to_put_it_right(rule: str) -> None:
    case = next(case for case in CASES if case.rule == rule)
    world = exact()
    case.breaks(world)
    assert all(finding.fix for finding in world.findings() if finding.rule == rule)


def test_extras_that_a_stack_leaves_in_place_are_warnings() -> None:
    world = exact()
    world.hold("atera", graph("Chat.Read"))
    world.declare("atera", removals="report")
    assert [(f.rule, f.severity) for f in world.findings()] == [("permission-extra", Severity.WARNING)]


def test_a_withheld_permission_on_a_shared_principal_may_be_anothers() -> None:
    world = exact()
    expected = world.app("spfx")
    world.declare("spfx", wanted=expected.wanted[1:], withheld=(Withheld(expected.wanted[0], "r", "b"),))
    assert {(f.rule, f.severity) for f in world.findings()} == {("permission-withheld", Severity.WARNING)}


def test_scopes_on_a_principal_that_is_withdrawn_from_are_nobodys_error() -> None:
    world = exact()
    world.declare("spfx", withdraw=True)
    assert {finding.rule for finding in world.findings()} == {"foreign"}


def test_a_renamed_app_is_known_by_its_identifier_uri() -> None:
    world = exact()
    uri = f"api://{TENANT}/atlas-connex-api"
    app = world.applications["connex-api"]
    world.applications["connex-api"] = replace(app, name="Intranet API", identifier_uris=(uri,))
    assert world.findings() == []
    assert world.audits()["connex-api"].identified.name == "Intranet API"


def test_an_adopted_app_is_known_by_its_client_id_whatever_it_is_called() -> None:
    world = exact()
    app = world.applications["connex-api"]
    world.applications["connex-api"] = replace(app, name="Intranet API")
    world.declare("connex-api", adopted=AdoptedSetting(display_name="Contoso API", client_id=app.app_id))
    assert world.findings() == []
    assert app.app_id in question(AuditPlan(world.apps).sought).own_ids


def test_an_optional_app_that_is_there_is_judged_and_one_that_is_not_is_no_finding() -> None:
    world = exact()
    world.register("pnp", "Atlas.PnP App")
    assert {f.rule for f in world.findings()} == {"permission-missing"}
    assert world.audits()["api-client"].permissions.rows == ()


def test_an_extra_exposed_scope_is_a_change() -> None:
    world = exact()
    app = world.applications["provisioning"]
    world.applications["provisioning"] = replace(app, scopes=(ScopeRecord("All", ident("all"), True, "User"),))
    assert {f.rule for f in world.findings()} == {"exposed-scope-changed"}


def test_a_scope_that_an_adopted_app_keeps_is_no_finding() -> None:
    world = exact()
    app = world.applications["provisioning"]
    world.applications["provisioning"] = replace(app, scopes=(ScopeRecord("All", ident("all"), True, "User"),))
    name, kept = world.app("provisioning").name, (ScopeSetting(id=ident("All"), value="All"),)
    world.declare("provisioning", adopted=AdoptedSetting(display_name=name, scopes=kept))
    assert world.findings() == []


def test_an_app_whose_only_scope_is_gone_says_so() -> None:
    world = exact()
    world.applications["connex-api"] = replace(world.applications["connex-api"], scopes=())
    assert "is not there" in " ".join(f.message for f in world.findings() if f.rule == "exposed-scope-changed")


def test_i8_a_retired_api_is_found_with_its_day_and_page_whoever_asks_for_it() -> None:
    """By an administrator's consent, by a user's own, by the application's list, and by the vendor's document."""
    api = apis()["azure-ad-graph"]
    entry = api.find("User.Read", PermissionType.DELEGATED)
    assert entry is not None
    held = Consent(api.app_id, entry.type, entry.name, entry.id)
    consented, by_user, configured, documented = exact(), exact(), exact(), exact()
    consented.hold("provisioning", held)
    by_user.holdings["provisioning"] = replace(by_user.holdings["provisioning"], users={held: 2})
    app = configured.applications["provisioning"]
    configured.applications["provisioning"] = replace(app, configured=app.configured | {held.permission})
    first = documented.app("provisioning").wanted[0]
    asked = replace(first, api=api.key, api_name=api.name, name=entry.name, type=entry.type, id=entry.id)
    asked = replace(asked, permission=api.permission(entry))
    documented.declare("provisioning", wanted=(*documented.app("provisioning").wanted, asked))
    for world in (consented, by_user, configured, documented):
        (found,) = [finding for finding in world.findings() if finding.rule == "retired-api"]
        assert found.severity is Severity.WARNING
        assert "delegated User.Read is on Windows Azure Active Directory" in found.message
        assert "2025-07-01" in found.message
        assert found.source == api.retired.source if api.retired else False
        assert "Microsoft Graph" in (found.fix or "")


def test_i8_two_permissions_of_a_retired_api_are_one_finding() -> None:
    world = exact()
    for entry in apis()["azure-ad-graph"].permissions[:2]:
        world.hold("atera", Consent(apis()["azure-ad-graph"].app_id, entry.type, entry.name, entry.id))
    assert len([finding for finding in world.findings() if finding.rule == "retired-api"]) == 1


USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
UNIT = "/administrativeUnits/9d5f6d2c-2a4e-4a54-8d1a-3b7f2f4c0001"


def _roles(world: World, *held: HeldRole, documented: tuple[DirectoryRole, ...] | None = None) -> list[Finding]:
    """Return the findings on directory roles of Atera, which holds these; `documented` is another document of them."""
    if documented is not None:
        world.declare("atera", app=replace(world.app("atera").app, directory_roles=documented))
    _holds("atera", roles=held)(world)
    return [finding for finding in world.findings() if finding.rule == "directory-role"]


def test_a2_a_documented_role_in_the_whole_tenant_is_a_remark_with_its_purpose_and_source() -> None:
    (found,) = _roles(exact(), HeldRole(USER_ADMINISTRATOR, "User Administrator", "/"))
    assert (found.severity, found.fix) == (Severity.INFORMATION, None)
    assert (
        "which its vendor documents, as optional: Lets its Copilot and its Autopilot reset the passwords"
        in found.message
    )
    assert found.source is not None
    assert "https://support.atera.com/hc/en-us/articles/18659183193756" in found.source


@pytest.mark.parametrize(
    "held",
    [
        HeldRole("62e90394-69f5-4237-9190-012177145e10", "Global Administrator", "/"),
        HeldRole(ident("a role of the tenant's own"), "User Administrator", "/"),  # a name proves nothing
        HeldRole("c4e39bd9-1100-46d3-8c65-fb160da0071f", "", UNIT),  # its definition may not be read
    ],
)
def test_a2_another_role_is_an_error_that_leaves_the_decision_to_a_person(held: HeldRole) -> None:
    (found,) = _roles(exact(), held)
    assert found.severity is Severity.ERROR
    assert found.fix is not None
    assert "no document asks for it: find out who gave it and what uses it" in found.fix
    assert found.allowed == f"User Administrator ({USER_ADMINISTRATOR}), in the whole tenant"
    assert (held.name or held.id) in found.message


@pytest.mark.parametrize("scope", [UNIT, "/5d9c0a5e-1b2c-4f3d-8a6b-7c8d9e0f1a2b"])
def test_a2_a_documented_role_over_less_than_the_tenant_is_said_and_not_taken_away(scope: str) -> None:
    (found,) = _roles(exact(), HeldRole(USER_ADMINISTRATOR, "User Administrator", scope))
    assert found.severity is Severity.WARNING
    assert f"over {scope} only; it is documented in the whole tenant" in found.message
    assert found.fix is not None
    assert "leave it where somebody meant it so" in found.fix
    assert found.properties["list"] == "other-scope"


def test_a2_a_scope_beside_the_whole_tenant_is_only_a_remark() -> None:
    both = _roles(exact(), *(HeldRole(USER_ADMINISTRATOR, "User Administrator", scope) for scope in ("/", UNIT)))
    assert [finding.severity for finding in both] == [Severity.INFORMATION] * 2
    assert f"over {UNIT} as well as in the whole tenant" in both[1].message


def test_a2_a_role_that_is_asked_for_in_any_case_is_missed_and_an_optional_or_unread_one_is_not() -> None:
    (optional,) = exact().app("atera").app.directory_roles
    certain = replace(optional, optional=False)
    (found,) = _roles(exact(), documented=(certain,))
    assert "lacks the directory role User Administrator, which is documented" in found.message
    assert found.severity is Severity.WARNING
    assert _roles(exact(), documented=(optional,)) == []
    world = exact()
    world.declare("atera", app=replace(world.app("atera").app, directory_roles=(certain,)))
    _holds("atera", roles=None)(world)
    assert "directory-role" not in {finding.rule for finding in world.findings()}


def test_a2_a_role_in_an_applications_own_scope_does_not_count_as_one_in_the_whole_tenant() -> None:
    body = {"roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": None, "appScopeId": "/packages/1"}
    assert directory_role(body).scope == "/packages/1"


def test_a4_an_older_consent_is_named_with_what_the_vendor_says_beside_our_fix() -> None:
    world = exact()
    _smaller("atera", 12)(world)
    older = [finding for finding in world.findings() if finding.rule == "older-consent"]
    assert [finding.severity for finding in older] == [Severity.INFORMATION] * 2
    assert "12 of 27 documented permissions are missing" in older[0].message
    assert "Atera says: An account that turned IT Autopilot on before 21 April 2025" in older[0].message
    assert {(finding.source or "").rpartition("/")[2] for finding in older} == {"4409774509714", "7567690459804"}
    assert "take the way that Atera names, or that of the stack: " in (older[0].fix or "")


@pytest.mark.parametrize(
    "change",
    [
        _holds("atera", consents=frozenset()),  # nothing is consented: there is no older consent
        _absent("atera"),
        _smaller("connex-api", 12),  # its vendor says nothing of older consents
    ],
)
def test_a4_no_older_consent_is_named_where_there_is_none_or_the_vendor_says_nothing(change: Change) -> None:
    assert "older-consent" not in rules(change)
