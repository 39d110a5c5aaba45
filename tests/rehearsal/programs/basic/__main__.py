"""A program whose resources come from one setting: a JSON list of boxes, each with its options."""

import json
from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:  # to a checker `components` is the project's own package; where this runs, it is the one beside it
    from tests.rehearsal.programs.basic.components.shelf import Box, Shelf
else:
    from components.shelf import Box, Shelf

config = pulumi.Config()
shelf = Shelf("shelf", protect=config.get_bool("protect"), retain=config.get_bool("retain"))
boxes: dict[str, Box] = {}
for entry in json.loads(config.get("boxes") or "[]"):
    name, inside = entry.pop("name"), entry.pop("inside", True)
    after = [boxes[other] for other in entry.pop("after", [])]
    options = entry.pop("options", {})
    copy = entry.pop("copies", None)
    if copy:
        entry["contents"] = boxes[copy].weight
    if inside:
        options["parent"] = shelf
    boxes[name] = Box(name, entry, pulumi.ResourceOptions(depends_on=after, **options))
pulumi.export("names", sorted(boxes))
pulumi.export("greeting", config.get("greeting"))
for name, box in boxes.items():
    pulumi.export(f"{name}-weight", box.weight)
if config.get("fail"):
    raise ValueError(config.get("fail"))
