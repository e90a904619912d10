"""Gives out the code of functions and layers: what `Location` of GetFunction leads to."""

from __future__ import annotations

import asyncio
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from eventmill.edge.body import Receive, Scope, Send, send_answer, send_download
from eventmill.services import lambda_
from eventmill.services.contract import Download
from eventmill.store.blobs import BlobSlice
from eventmill.store.database import Database

PREFIX = "/_aws/lambda-code/"


class PackageFront:
    """Packs the folder anew: the archive that was uploaded is not kept beside it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Paths below the prefix."""
        return scope["type"] == "http" and str(scope["path"]).startswith(PREFIX)

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """One archive."""
        key = str(scope["path"])[len(PREFIX) :]
        folder = self._database.read(lambda tx: lambda_.folder_of(tx, key))
        if folder is None:
            await send_answer(send, 404, [], b"")
            return
        with tempfile.TemporaryDirectory(prefix="eventmill-") as place:
            archive = Path(place, "code.zip")
            await asyncio.to_thread(_pack, Path(folder), archive)
            size = archive.stat().st_size
            shown = [
                (b"content-type", b"application/zip"),
                (b"content-length", str(size).encode()),
            ]
            await send_download(send, 200, shown, Download((BlobSlice(archive, 0, size),), size))


def _pack(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        # Built folders hold links to packages that several functions share.
        for root, _, files in os.walk(folder, followlinks=True):
            for name in files:
                path = Path(root, name)
                packed.write(path, path.relative_to(folder))
