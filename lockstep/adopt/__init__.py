"""Taking over what a tenant has already: found, compared, written down for an import. Nothing in a tenant changes here.

The one exception is `restore`, which puts a deleted application back. Knows the command line of nobody.
"""

from lockstep.adopt.choice import NEW, Choice, choose
from lockstep.adopt.discovery import Discovery, discover
from lockstep.adopt.document import import_document
from lockstep.adopt.plan import AppPlan, make_plans

__all__ = [
    "NEW",
    "AppPlan",
    "Choice",
    "Discovery",
    "choose",
    "discover",
    "import_document",
    "make_plans",
]
