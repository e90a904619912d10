"""Which operators each user of patterns has."""

from __future__ import annotations

from dataclasses import dataclass

_COMMON = frozenset({"prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "exists"})


@dataclass(frozen=True, slots=True)
class Profile:
    """`nested_anything_but`: the operators allowed inside anything-but."""

    name: str
    operators: frozenset[str]
    nested_anything_but: frozenset[str]
    anything_but_ignore_case_affix: bool = False


EVENTBRIDGE = Profile(
    "EventBridge",
    _COMMON | {"wildcard", "cidr"},
    frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard"}),
)
LAMBDA = Profile("Lambda", _COMMON, frozenset({"prefix", "suffix", "equals-ignore-case"}))
PIPES = Profile("Pipes", _COMMON, frozenset())
SNS = Profile("SNS", _COMMON | {"cidr", "wildcard"}, frozenset({"prefix"}))
