"""Which stack of a data directory a template file is for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from eventmill.deploy import record
from eventmill.store.transaction import Transaction


def name_for(tx: Transaction, folder: str, source: str, declared: Mapping[str, str]) -> str:
    """The stack's name: `folder`, or with the file's stem (`source`) behind it.

    `declared` are the template's resource types by logical id. A stack that was there before its
    record told its file goes on where it was this one.
    """
    owner = record.source_of(tx, folder)
    if not record.id_of(tx, folder):
        free = not source
    elif owner is None:
        free = not source or _alike(tx, folder, declared)
    else:
        free = owner == source
    if free:
        return folder
    name = re.sub(r"[^A-Za-z0-9-]", "-", f"{folder}-{source or 'template'}")
    # Stacks within stacks have names of that form too.
    while record.id_of(tx, name) and record.source_of(tx, name) != source:
        name += "-template"
    return name


def _alike(tx: Transaction, stack: str, declared: Mapping[str, str]) -> bool:
    """Whether the template declares most of what the stack holds."""
    held = record.resources_of(tx, stack).values()
    known = sum(declared.get(entry.logical_id) == entry.type for entry in held)
    return known > 0 and known * 2 >= len(held)
