"""Runs functions: execution environments as processes behind the real Lambda Runtime API."""

from eventmill.invoke.invoker import InvokeSettings, ProcessInvoker

__all__ = ["InvokeSettings", "ProcessInvoker"]
