"""What an application's template declares, as plain data: read, expand SAM, resolve."""

from eventmill.template.files import find_template, is_built, stack_name
from eventmill.template.model import CODE, Declared, Output, Parameter, Template
from eventmill.template.read import read_template
from eventmill.template.resolve import Resolver, Unresolved, mentions, references
from eventmill.template.sam import FOLLOWS_CODE
from eventmill.template.text import Repeated

__all__ = [
    "CODE",
    "FOLLOWS_CODE",
    "Declared",
    "Output",
    "Parameter",
    "Repeated",
    "Resolver",
    "Template",
    "Unresolved",
    "find_template",
    "is_built",
    "mentions",
    "read_template",
    "references",
    "stack_name",
]
