"""A finding as data beside the prose of a diagnostic: what a policy pack of ours says to whoever can read it.

The analyzer service has one text for all that a policy says. A program that is judged chooses names, and names stand
in that text; whoever takes the text apart again can be told anything. So a diagnostic carries the parts of its finding
as fields of their own as well. The service does not know them: protobuf passes unknown fields over, and Pulumi's engine
shows the text. A finding that is read is as the pack made it.

Knows the service's message and the findings model, and no rule.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from pulumi.runtime.proto import analyzer_pb2

from lockstep.report import Finding, Severity

_PARTS = ("message", "subject", "allowed", "fix", "source")
# Far from the numbers that the service may come to use itself.
_FIRST_NUMBER = 52_100


def attach(diagnostic: Any, finding: Finding) -> None:
    """Add the parts of a finding to a diagnostic."""
    parts = {name: text for name in _PARTS if (text := getattr(finding, name))}
    diagnostic.MergeFromString(_carrier()(**parts).SerializeToString())


def carried(diagnostic: Any) -> Finding | None:
    """Return the finding that a diagnostic carries; None for one of a pack that is not ours."""
    parts = _carrier().FromString(diagnostic.SerializeToString())
    if not parts.message:
        return None
    mandatory = diagnostic.enforcementLevel == analyzer_pb2.MANDATORY
    return Finding(
        rule=diagnostic.policyName,
        severity=Severity.ERROR if mandatory else Severity.INFORMATION,
        message=parts.message,
        subject=parts.subject,
        allowed=parts.allowed or None,
        fix=parts.fix or None,
        source=parts.source or None,
    )


@cache
def _carrier() -> Any:
    """Return the class of a message that has the parts, and nothing of what the service's own message has."""
    file = descriptor_pb2.FileDescriptorProto(name="lockstep/carried.proto", package="lockstep", syntax="proto3")
    message = file.message_type.add(name="CarriedFinding")
    field = descriptor_pb2.FieldDescriptorProto
    for number, name in enumerate(_PARTS, start=_FIRST_NUMBER):
        message.field.add(name=name, number=number, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("lockstep.CarriedFinding"))
