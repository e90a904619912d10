"""Brings what a template declares into being, and keeps the record of each stack."""

from eventmill.deploy.check import Finding, check
from eventmill.deploy.deployer import Deployer
from eventmill.deploy.record import SCHEMA, outputs_of, resources_of, stacks_of
from eventmill.deploy.result import StackResult

__all__ = [
    "SCHEMA",
    "Deployer",
    "Finding",
    "StackResult",
    "check",
    "outputs_of",
    "resources_of",
    "stacks_of",
]
