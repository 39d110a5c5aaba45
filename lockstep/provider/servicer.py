"""The provider's gRPC door: turns wire messages into calls of the three resources, and errors into clean statuses.

An own servicer over Pulumi's generated stub, not the SDK's experimental one: that puts a traceback into
every error, always claims a detailed diff, and cannot say that a resource is only partly done. The
rehearsal calls these methods directly, with the same messages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from lockstep.catalogue.permission import PermissionType
from lockstep.consent import Consent
from lockstep.deployment import Properties, urn_type
from lockstep.directory.consents import SURE, UnfinishedError
from lockstep.directory.offers import not_offered, told
from lockstep.errors import (
    DeadlineError,
    LockstepError,
    SignInError,
    TenantError,
    UsageError,
    WrongTenantError,
)
from lockstep.provider.admin_consent import AdminConsentOperations
from lockstep.provider.configuration import ConfigurationServicer
from lockstep.provider.directory_roles import DirectoryRolesOperations
from lockstep.provider.inputs import check_consent, check_principal, check_roles
from lockstep.provider.operations import Operations, Order
from lockstep.provider.outcome import ChangeKind, InitFailedError, ResourceDiff
from lockstep.provider.principal import PrincipalOperations
from lockstep.provider.session import Session, Severity
from lockstep.provider.structs import from_struct, is_known, to_struct
from lockstep.resource_types import ADMIN_CONSENT, DIRECTORY_ROLES, GET_CALLER, GET_NOT_OFFERED, PRINCIPAL

_CODES: tuple[tuple[type[LockstepError], grpc.StatusCode], ...] = (
    (UsageError, grpc.StatusCode.INVALID_ARGUMENT),
    (SignInError, grpc.StatusCode.UNAUTHENTICATED),
    (WrongTenantError, grpc.StatusCode.PERMISSION_DENIED),
    (DeadlineError, grpc.StatusCode.DEADLINE_EXCEEDED),
    (TenantError, grpc.StatusCode.UNAVAILABLE),
    (LockstepError, grpc.StatusCode.FAILED_PRECONDITION),
)
_KINDS = {
    ChangeKind.ADD: provider_pb2.PropertyDiff.ADD,
    ChangeKind.DELETE: provider_pb2.PropertyDiff.DELETE,
    ChangeKind.UPDATE: provider_pb2.PropertyDiff.UPDATE,
    ChangeKind.REPLACE: provider_pb2.PropertyDiff.UPDATE_REPLACE,
}
_CHECKS = {ADMIN_CONSENT: check_consent, PRINCIPAL: check_principal, DIRECTORY_ROLES: check_roles}

Answer = TypeVar("Answer")
Context = Any  # grpc.aio.ServicerContext, or the rehearsal's


def cleanly(method: Callable[[Any, Any], Awaitable[Answer]]) -> Callable[[Any, Any, Context], Awaitable[Answer]]:
    """Make the method of a service from what answers a request.

    A Lockstep error becomes a status with its one line, and no traceback.
    """

    @wraps(method)
    async def answered(self: Any, request: Any, context: Context) -> Answer:
        try:
            return await method(self, request)
        except InitFailedError as error:
            await context.abort_with_status(InitFailedStatus(error))
        except LockstepError as error:
            await context.abort(_code(error), str(error))
        raise AssertionError("abort returns never")

    return answered


class Servicer(ConfigurationServicer):
    """`entraconsent` over one session. Everything that is not needed here answers "unimplemented"."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._operations: Mapping[str, Operations] = {
            ADMIN_CONSENT: AdminConsentOperations(session),
            PRINCIPAL: PrincipalOperations(session),
            DIRECTORY_ROLES: DirectoryRolesOperations(session),
        }

    def configured(self, tenant_id: str) -> None:
        """Fix the session's tenant. Signs in on first use, not here."""
        self._session.configure(tenant_id)

    async def sign_in(self) -> None:
        """Sign in now, where the first request would."""
        await self._session.graph()

    @cleanly
    async def Invoke(self, request: Any) -> provider_pb2.InvokeResponse:  # noqa: N802
        """Answer getCaller, the claims of our own token; and getNotOffered, what the tenant's APIs lack."""
        answers = {GET_CALLER: self._caller, GET_NOT_OFFERED: self._not_offered}
        if request.tok not in answers:
            raise UsageError(f"entraconsent has no function {request.tok!r}; it has {', '.join(answers)}")
        answer = await answers[request.tok](from_struct(request.args))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(answer))  # a keyword of Python, a field of the wire
        return response

    async def _caller(self, args: Properties) -> Properties:
        who = await self._session.identity()
        return {"tenantId": who.tenant_id, "clientId": who.client_id, "objectId": who.object_id}

    async def _not_offered(self, args: Properties) -> Properties:
        wanted = [Consent(e["api"], PermissionType(e["type"]), e["name"], e["id"]) for e in args["wanted"]]
        graph, apis = await self._session.graph(), await self._session.apis()
        return {"told": told(await not_offered(graph, apis, wanted, args["names"], patience=SURE))}

    async def Check(self, request: Any, context: Context) -> provider_pb2.CheckResponse:  # noqa: N802
        """Judge the form of inputs."""
        check = _CHECKS.get(_type(request.urn))
        if check is None:
            failure = provider_pb2.CheckFailure(property="type", reason=_no_such_type(request.urn))
            return provider_pb2.CheckResponse(failures=[failure])
        failures = [
            provider_pb2.CheckFailure(property=name, reason=why) for name, why in check(from_struct(request.news))
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @cleanly
    async def Diff(self, request: Any) -> provider_pb2.DiffResponse:  # noqa: N802
        """Return the difference with a path for each permission."""
        olds, news = from_struct(request.olds), from_struct(request.news)
        self._hold(request, news)
        declared = from_struct(request.old_inputs)
        return _diff_response(await self._of(request).diff(olds, news, declared=declared))

    @cleanly
    async def Create(self, request: Any) -> provider_pb2.CreateResponse:  # noqa: N802
        """Create, or say what a create would do."""
        news = from_struct(request.properties)
        self._hold(request, news)
        id_, outputs = await self._of(request).create(news, self._order(request))
        return provider_pb2.CreateResponse(id="" if request.preview else id_, properties=to_struct(outputs))

    @cleanly
    async def Update(self, request: Any) -> provider_pb2.UpdateResponse:  # noqa: N802
        """Update, or say what an update would do."""
        olds, news = from_struct(request.olds), from_struct(request.news)
        outputs = await self._of(request).update(request.id, olds, news, self._order(request))
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    @cleanly
    async def Read(self, request: Any) -> provider_pb2.ReadResponse:  # noqa: N802
        """Return what the tenant holds; an empty id says that the resource is gone."""
        olds, inputs = from_struct(request.properties), from_struct(request.inputs)
        result = await self._of(request).read(request.id, olds, inputs)
        return provider_pb2.ReadResponse(
            id=result.id, inputs=to_struct(result.inputs), properties=to_struct(result.outputs)
        )

    @cleanly
    async def Delete(self, request: Any) -> empty_pb2.Empty:  # noqa: N802
        """Take back what is ours to take back."""
        await self._of(request).delete(from_struct(request.properties))
        return empty_pb2.Empty()

    async def Cancel(self, request: object, context: Context) -> empty_pb2.Empty:  # noqa: N802
        """Close the connection to the tenant."""
        await self._session.close()
        return empty_pb2.Empty()

    def _of(self, request: Any) -> Operations:
        """Return what answers for the type of a request's resource."""
        operations = self._operations.get(_type(request.urn))
        if operations is None:
            raise UsageError(_no_such_type(request.urn))
        return operations

    def _hold(self, request: Any, news: Properties) -> None:
        client = news.get("client")
        if _type(request.urn) == ADMIN_CONSENT and is_known(client) and request.urn:
            self._session.hold(str(client), request.urn)

    def _order(self, request: Any) -> Order:
        async def say(severity: Severity, message: str) -> None:
            await self._session.log(severity, message, request.urn)

        return Order(request.urn, request.preview, say)


def _code(error: BaseException | None) -> grpc.StatusCode:
    """Return the code of an error; what left something unfinished counts by what stopped it."""
    cause = error.cause if isinstance(error, UnfinishedError) else error
    return next((code for kind, code in _CODES if isinstance(cause, kind)), grpc.StatusCode.UNKNOWN)


class InitFailedStatus(grpc.Status):
    """The status that makes the engine record a resource as made but not finished, by its detail and not its code."""

    def __init__(self, error: InitFailedError) -> None:
        self.code = _code(error.__cause__)
        self.details = error.reason
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=error.id,
                properties=to_struct(error.outputs),
                inputs=to_struct(error.inputs),
                reasons=[error.reason],
            )
        )
        status = status_pb2.Status(code=self.code.value[0], message=error.reason, details=[detail])
        self.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)


def _diff_response(diff: ResourceDiff) -> provider_pb2.DiffResponse:
    if not diff.paths:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
    detailed: Mapping[str, provider_pb2.PropertyDiff] = {
        path: provider_pb2.PropertyDiff(kind=_KINDS[kind], inputDiff=False) for path, kind in diff.paths.items()
    }
    top = {path.split(".")[0].split("[")[0] for path in diff.paths}
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME,
        diffs=sorted(top),
        replaces=diff.replaces,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def _type(urn: str) -> str:
    return urn_type(urn) if urn.count("::") >= 3 else urn


def _no_such_type(urn: str) -> str:
    return f"entraconsent has no resource type {_type(urn)!r}; it has {', '.join(_CHECKS)}"
