"""The fixtures of a Lockstep that is installed from its wheel."""

from tests.scaffold.installed import installed, private, written

__all__ = ["installed", "private", "written"]
