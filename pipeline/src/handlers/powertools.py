"""The tools that every handler shares."""

import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer

# An invocation that had nothing to count is nothing to warn of.
warnings.filterwarnings("ignore", "No application metrics to publish*")

logger = Logger()
metrics = Metrics()
tracer = Tracer(auto_patch=False)
"""Subsegments for the handlers themselves; patching boto3 would cost each cold start its import."""
