"""Policies: their operations."""

from __future__ import annotations

from lockstep.emulator.collection import Collection
from lockstep.emulator.objects import linked
from lockstep.emulator.odata import answers
from lockstep.emulator.odata.bodies import body
from lockstep.emulator.permissions import needs
from lockstep.emulator.policies.model import APP_MANAGEMENT, CLAIMS_POLICY
from lockstep.emulator.relations import relation
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response, Routes

_DEFAULT = "/policies/defaultAppManagementPolicy"
_CLAIMS = "claimsMappingPolicies"
_OF_PRINCIPAL = f"/servicePrincipals/{{id}}/{_CLAIMS}"
CLAIMS = Collection(f"policies/{_CLAIMS}", CLAIMS_POLICY, lambda tenant: tenant.claims_policies)
ROUTES = Routes(
    [
        *CLAIMS.routes(
            "claims mapping policy",
            read=needs.READ_POLICIES,
            create=needs.WRITE_POLICIES,
            write=needs.WRITE_POLICIES,
        ),
        *relation(
            f"/policies/{_CLAIMS}/{{id}}",
            "appliesTo",
            lambda request: request.tenant.claims_policies.applies_to(CLAIMS.find(request)),
            needs.READ_APPLIES_TO,
        ),
    ]
)


@ROUTES.answer("GET", _DEFAULT, needs.READ_POLICIES)
def _get_default(request: Request) -> Response:
    """Get the tenant's default policy for applications: which identifier URIs they may have."""
    return answers.entity(request, request.tenant.app_management.get(), APP_MANAGEMENT, _DEFAULT.lstrip("/"))


@ROUTES.answer("PATCH", _DEFAULT, needs.WRITE_POLICIES)
def _update_default(request: Request) -> Response:
    """Update the tenant's default policy for applications."""
    request.tenant.app_management.update(body(request, APP_MANAGEMENT))
    return Response(204)


def _principal(request: Request) -> Object:
    ref = request.refs["id"]
    return request.tenant.principals.get(ref.value, ref.key)


answers.add_lists(
    ROUTES,
    _OF_PRINCIPAL,
    CLAIMS_POLICY,
    _CLAIMS,
    lambda request: request.tenant.claims_policies.of(_principal(request)),
    needs.READ_CLAIMS_OF,
    listed="List the claims mapping policies of a principal",
)


@ROUTES.answer("GET", _OF_PRINCIPAL + "/$ref", needs.READ_CLAIMS_OF)
def _references(request: Request) -> Response:
    """List references to the claims mapping policies of a principal."""
    base = f"{request.base}/{request.version}/policies/{_CLAIMS}"
    rows = [{"@odata.id": f"{base}/{row['id']}"} for row in request.tenant.claims_policies.of(_principal(request))]
    return Response(200, {"@odata.context": request.context("Collection($ref)"), "value": rows})


@ROUTES.answer("POST", _OF_PRINCIPAL + "/$ref", needs.ASSIGN_CLAIMS)
def _assign(request: Request) -> Response:
    """Assign a claims mapping policy to a principal."""
    request.tenant.claims_policies.assign(_principal(request), linked(str(request.json().get("@odata.id", ""))))
    return Response(204)


@ROUTES.answer("DELETE", _OF_PRINCIPAL + "/{policy}/$ref", needs.ASSIGN_CLAIMS)
def _unassign(request: Request) -> Response:
    """Remove a claims mapping policy from a principal."""
    request.tenant.claims_policies.unassign(_principal(request), request.refs["policy"].value)
    return Response(204)
