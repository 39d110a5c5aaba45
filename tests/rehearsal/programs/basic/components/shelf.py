"""A custom resource of the toy provider and a component that holds some."""

from typing import Any

import pulumi


class Box(pulumi.CustomResource):
    weight: pulumi.Output[int]
    label: pulumi.Output[str]

    def __init__(self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("toy:index:Box", name, {"weight": None, "label": None, **props}, opts)


class Shelf(pulumi.ComponentResource):
    def __init__(self, name: str, *, protect: bool | None, retain: bool | None) -> None:
        opts = pulumi.ResourceOptions(protect=protect, retain_on_delete=retain)
        super().__init__("house:index:Shelf", name, {"kind": "shelf"}, opts)
        self.register_outputs({"kind": "shelf"})
