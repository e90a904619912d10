"""DynamoDB's expressions: one grammar, parsed once per text, compiled to closures.

    condition(text)     → function(item, env) → bool      ConditionExpression, FilterExpression
    key_condition(text) → the parts of a KeyConditionExpression
    projection(text)    → the paths of a ProjectionExpression
    update(text)        → the actions of an UpdateExpression

`Env` holds one request's names and values and remembers which of them were used.
"""

from eventmill.services.dynamodb.expressions.conditions import condition, key_condition
from eventmill.services.dynamodb.expressions.env import Env
from eventmill.services.dynamodb.expressions.paths import project, projection
from eventmill.services.dynamodb.expressions.updates import apply, update

__all__ = ["Env", "apply", "condition", "key_condition", "project", "projection", "update"]
