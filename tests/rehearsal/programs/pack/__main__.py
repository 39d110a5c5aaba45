"""A pack for the tests: no green boxes, a box's contents must be known, and at most three boxes."""

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)


def no_green(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type == "toy:index:Box" and args.props.get("color") == "green":
        report(f"{args.name} is green", None)


def no_grey(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type == "toy:index:Box" and args.props.get("color") == "grey":
        report(f"{args.name} is grey", None)


def light(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type == "toy:index:Box" and "contents" in args.props and args.props["contents"] > 100:
        report(f"{args.name} is too heavy", None)


def few(args: StackValidationArgs, report: ReportViolation) -> None:
    if sum(1 for entry in args.resources if entry.resource_type == "toy:index:Box") > 3:
        report("too many boxes", None)


PolicyPack(
    "boxes",
    [
        ResourceValidationPolicy("no-green", "Boxes are not green.", no_green, EnforcementLevel.MANDATORY),
        ResourceValidationPolicy("no-grey", "Boxes are better not grey.", no_grey, EnforcementLevel.ADVISORY),
        ResourceValidationPolicy("light", "Contents are known and light.", light, EnforcementLevel.MANDATORY),
        StackValidationPolicy("few", "There are few boxes.", few, EnforcementLevel.MANDATORY),
    ],
)
