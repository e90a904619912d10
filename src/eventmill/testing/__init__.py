"""Engines for tests: as a context manager here, as a pytest fixture in plugin.py."""

from eventmill.testing.harness import TestEngine, engine

__all__ = ["TestEngine", "engine"]
