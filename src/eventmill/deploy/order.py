"""In which order resources come into being."""

from __future__ import annotations

from eventmill.template import Declared, Template, references

_POLICIES = frozenset(
    {
        "AWS::Lambda::Permission",
        "AWS::Logs::ResourcePolicy",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicInlinePolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueueInlinePolicy",
        "AWS::SQS::QueuePolicy",
    }
)
"""What others need without referring to it. CloudFormation makes what is independent at the same
time, and a policy is there before a bucket that asks for it; here it is made first."""

_SNAPSHOTS = frozenset({"AWS::ApiGateway::Deployment", "AWS::ApiGatewayV2::Deployment"})
"""What keeps all that there is at its time. Templates often name only some of the parts that it
depends on; the others are made at the same time by CloudFormation, and here before it."""

_BELONGS = {
    "AWS::Events::Rule": ("EventBusName", "AWS::Events::EventBus", "Name"),
    "AWS::Lambda::EventSourceMapping": ("FunctionName", "AWS::Lambda::Function", "FunctionName"),
    "AWS::Lambda::Permission": ("FunctionName", "AWS::Lambda::Function", "FunctionName"),
    "AWS::Logs::MetricFilter": ("LogGroupName", "AWS::Logs::LogGroup", "LogGroupName"),
    "AWS::Logs::SubscriptionFilter": ("LogGroupName", "AWS::Logs::LogGroup", "LogGroupName"),
    "AWS::S3::BucketPolicy": ("Bucket", "AWS::S3::Bucket", "BucketName"),
}
"""What may name its owner by the name that the owner is given, instead of referring to it: the
property that does, the owner's type and the property with its name. CloudFormation makes both at
the same time and tries again what came too early."""


def creation_order(template: Template, active: set[str]) -> list[str]:
    """`active` resources, each after those that it refers to or depends on.

    Policies come early, snapshots and what needs them late. There must be no `circle`.
    """
    needs = _needs(template, active)
    order: list[str] = []
    done: set[str] = set()
    late = _late(template, needs)
    wanted = [name for name in template.resources if name in active]
    for name in sorted(wanted, key=lambda one: (one in late, not _is_policy(template, one))):
        _visit(name, needs, order, done, [])
    return order


def circle(template: Template, active: set[str]) -> list[str]:
    """Some of `active` that need each the next, and the last the first; empty when none do."""
    needs, done = _needs(template, active), set[str]()
    for name in template.resources:
        if name in active and (found := _visit(name, needs, [], done, [])):
            return found
    return []


def _needs(template: Template, active: set[str]) -> dict[str, set[str]]:
    found = {}
    for name in active:
        declared = template.resources[name]
        found[name] = (references(declared.properties) | declared.depends_on) & active
        found[name] |= _owner(template, declared) & active
    return found


def _owner(template: Template, declared: Declared) -> set[str]:
    """The resource that another belongs to, where both say the same name."""
    named, kind, own = _BELONGS.get(declared.type, ("", "", ""))
    said = declared.properties.get(named)
    return {
        name
        for name, one in template.resources.items()
        if said is not None and one.type == kind and one.properties.get(own) == said
    }


def _is_policy(template: Template, name: str) -> bool:
    return template.resources[name].type in _POLICIES


def _late(template: Template, needs: dict[str, set[str]]) -> set[str]:
    """The snapshots, and what needs one of them."""
    found = {name for name in needs if template.resources[name].type in _SNAPSHOTS}
    while more := {name for name, needed in needs.items() if needed & found} - found:
        found |= more
    return found


def _visit(
    name: str, needs: dict[str, set[str]], order: list[str], done: set[str], path: list[str]
) -> list[str]:
    """Put what `name` needs and itself into `order`; the circle that it is met in, if any."""
    if name in done:
        return []
    if name in path:
        return path[path.index(name) :]
    for needed in sorted(needs[name]):
        if found := _visit(needed, needs, order, done, [*path, name]):
            return found
    done.add(name)
    order.append(name)
    return []
