"""`lockstep doctor`: is everything there for a preview, a deployment, an audit; and what to type next. Only reads."""

from lockstep.local.doctor.command import examine

__all__ = ["examine"]
