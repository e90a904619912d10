"""The tools that every handler shares."""

from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger()
metrics = Metrics()
tracer = Tracer(auto_patch=False)
"""Subsegments for the handlers themselves; patching boto3 would cost each cold start its import."""
