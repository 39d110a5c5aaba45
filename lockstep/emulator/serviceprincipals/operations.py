"""Service principals: their operations."""

from __future__ import annotations

from lockstep.emulator.collection import Collection, caller_as_owner, secrets
from lockstep.emulator.consents.model import ASSIGNMENT
from lockstep.emulator.odata import answers
from lockstep.emulator.permissions.needs import ADD_OWNERS, CREATE_PRINCIPALS, READ_APPS, WRITE_PRINCIPALS
from lockstep.emulator.relations import EXPANDS, owners
from lockstep.emulator.serviceprincipals.certificates import add_certificate
from lockstep.emulator.serviceprincipals.model import PRINCIPAL
from lockstep.emulator.wire import Request, Response, Routes

_EXPANDS: dict[str, answers.Expand] = {
    **EXPANDS,
    "appRoleAssignedTo": answers.Expand(
        ASSIGNMENT, lambda request, row: request.tenant.assignments.table.by("resourceId", row["id"])
    ),
    "appRoleAssignments": answers.Expand(
        ASSIGNMENT, lambda request, row: request.tenant.assignments.table.by("principalId", row["id"])
    ),
}
PRINCIPALS = Collection(
    "servicePrincipals",
    PRINCIPAL,
    lambda tenant: tenant.principals,
    expands=_EXPANDS,
    create=lambda request, body: request.tenant.principals.create(body, caller_as_owner(request)),
    upsert_by="appId",
)
ROUTES = Routes(
    [
        *PRINCIPALS.routes(
            "service principal",
            read=READ_APPS,
            create=CREATE_PRINCIPALS,
            write=WRITE_PRINCIPALS,
            notes={
                "POST": " (own or foreign multi-tenant app)",
                "PATCH": "; upsert by appId with Prefer: create-if-missing",
                "DELETE": " (soft; consents for good)",
            },
        ),
        *secrets("/servicePrincipals", PRINCIPALS, lambda tenant: tenant.principals, WRITE_PRINCIPALS),
        *owners("servicePrincipals", PRINCIPALS.find, READ_APPS, ADD_OWNERS, WRITE_PRINCIPALS),
    ]
)


@ROUTES.answer("POST", "/servicePrincipals/{id}/addTokenSigningCertificate", WRITE_PRINCIPALS)
def _add_certificate(request: Request) -> Response:
    """Add a self-signed certificate that signs the principal's tokens."""
    shown = add_certificate(request.tenant, PRINCIPALS.find(request), request.json())
    return Response(200, {"@odata.context": request.context("microsoft.graph.selfSignedCertificate"), **shown})
