"""The Velocity Template Language, as API Gateway's mapping templates use it.

    parse(text)                 a Template, kept by its text; raises VelocityError for a mistake
    template.render(variables)  the result; raises VelocityError

Values are plain Python data: None, bool, int, float, str, list, dict, and objects that offer
members by `Offers`. Templates reach nothing else: no attribute of a Python object.
https://velocity.apache.org/engine/1.7/vtl-reference.html
"""

from eventmill.velocity.errors import VelocityError
from eventmill.velocity.methods import Offers
from eventmill.velocity.template import Template, parse

__all__ = ["Offers", "Template", "VelocityError", "parse"]
