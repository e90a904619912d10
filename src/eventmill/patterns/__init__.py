"""Event patterns and filter policies: compiled when declared, matched without looking back.

    compile_pattern(text, profile)   an event pattern; raises PatternError
    Pattern.matches(event)           whether one event matches
    PatternIndex                     many patterns, asked at once
    compile_filter_policy(text, scope), FilterPolicy.matches(...)   SNS
    RecordFilter                     FilterCriteria of event source mappings and pipes

Pure: nothing here knows of services, time or storage.
"""

from eventmill.patterns.criteria import RecordFilter
from eventmill.patterns.errors import PatternError
from eventmill.patterns.index import PatternIndex
from eventmill.patterns.pattern import Pattern, compile_pattern
from eventmill.patterns.policy import FilterPolicy, compile_filter_policy
from eventmill.patterns.profiles import EVENTBRIDGE, LAMBDA, PIPES, Profile

__all__ = [
    "EVENTBRIDGE",
    "LAMBDA",
    "PIPES",
    "FilterPolicy",
    "Pattern",
    "PatternError",
    "PatternIndex",
    "Profile",
    "RecordFilter",
    "compile_filter_policy",
    "compile_pattern",
]
