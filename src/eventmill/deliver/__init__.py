"""Carries every committed event to its targets and settles what came of it.

One loop shape for every source: take, filter, batch, invoke, settle. A source differs in how it
takes and settles, never in the loop; the decision after an outcome is a pure function (settle.py).
See docs/architecture.md, "Deliver".
"""
