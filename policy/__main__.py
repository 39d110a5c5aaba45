import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # in place of this folder, whose modules are policy.…

from policy.pack import start  # noqa: E402

start(Path(__file__).resolve().parent)
