"""Tags of functions and event source mappings."""

from __future__ import annotations

from eventmill.services.tags import Tags

TAGS = Tags("lambda_tags", "resource")
