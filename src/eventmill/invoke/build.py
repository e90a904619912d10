"""What a function or layer needs at run time: its source, with its dependencies installed.

Everything is kept by content, so a second start builds nothing: dependencies by the text of
requirements.txt and the interpreter, what is run by all that lies in it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eventmill.invoke import esbuild, node_build
from eventmill.invoke.interpreters import interpreter_for, refusal, stand_in
from eventmill.invoke.snapshot import Beside, Entry, Snapshots, contents, copy, state_of
from eventmill.kernel.errors import UsageError
from eventmill.kernel.runtimes import inline_file
from eventmill.store.code import CACHES, CodeStore, unpacker

_SKIPPED = {"__pycache__", ".git", ".eventmill", ".venv", ".aws-sam", "node_modules"}
_UNFROZEN = _SKIPPED - {CACHES}
_MODULES = {"node_modules"}
_TAIL = 2_000
_WEB_ADAPTER = Path(__file__).parent / "web_adapter"


def _key(text: str) -> str:
    """Names what is kept in the cache."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _file_key(file: Path) -> str:
    """The same of a file as it is now."""
    state = file.stat()
    return _key(f"{file}:{state.st_size}:{state.st_mtime_ns}")


class SourceBuilder:
    """See kernel.ports.Builder.

    `cache` is a folder that may be deleted at any time; `code` takes what is run as it was found.
    """

    def __init__(
        self, cache: Path, code: CodeStore, progress: Callable[[str], None] = lambda text: None
    ) -> None:
        self._cache = cache
        self._code = code
        self._snapshots = Snapshots(cache, code)
        self._progress = progress
        self._locks: dict[Path, asyncio.Lock] = {}

    def refusal(self, runtime: str) -> str | None:
        """See kernel.ports.Builder."""
        return refusal(runtime)

    def stand_in(self, runtime: str) -> str | None:
        """See kernel.ports.Runtimes."""
        return stand_in(runtime)

    async def build(
        self,
        source: Path,
        runtime: str,
        *,
        layer: bool,
        logical_id: str,
        method: str | None,
        options: Mapping[str, Any],
    ) -> Path:
        """The folder to run from. Raises UsageError with the installer's last words."""
        if source.is_file():
            packed = source.suffix == ".zip" or await asyncio.to_thread(zipfile.is_zipfile, source)
            source = await (self._unpacked(source, logical_id) if packed else self._alone(source))
            method = None
        if method == "makefile":
            return await self._make(source, logical_id)
        if method and not method.startswith(("python", "nodejs", "esbuild")):
            raise UsageError(
                f"{logical_id}: BuildMethod {method} is not offered; use makefile, python3.x, "
                "nodejsXX.x or esbuild, or deploy what `sam build` made "
                "(.aws-sam/build/template.yaml)"
            )
        missing = None if layer else refusal(runtime)
        if missing is not None:
            raise UsageError(f"{logical_id}: {missing}")
        if method == "esbuild":
            return await self._bundle(source, logical_id, options)
        # What functions look for lies below a folder of its own in a layer that is built.
        built_layer = layer and method is not None
        if (method or runtime).startswith("nodejs"):
            return await self._node(source, logical_id, layer=built_layer)
        requirements = source / "requirements.txt"
        # Beside packages that are there already it only tells what was installed.
        built = any(source.glob("*.dist-info"))
        if built or not requirements.is_file() or not _lines(requirements):
            # A page's packages beside a Python function's code are many, and not its own.
            whole = layer or built or not (method or runtime).startswith("python")
            skipped = _UNFROZEN - _MODULES if whole else _UNFROZEN
            below = "python" if built_layer else ""
            return await self._frozen(source, skipped, logical_id, below=below)
        packages = await self._install(requirements, runtime, logical_id)
        return await self._combine(source, packages, logical_id, layer=built_layer)

    async def _alone(self, file: Path) -> Path:
        """A folder with this file and nothing else, as `sam package` packs one that is no ZIP."""

        async def fill(partial: Path) -> None:
            shutil.copy2(file, partial)

        return await self._once(self._cache / f"alone-{_file_key(file)}", fill)

    async def _unpacked(self, archive: Path, logical_id: str) -> Path:
        """The folder that a ZIP file holds."""
        key = _file_key(archive)

        async def fill(partial: Path) -> None:
            await asyncio.to_thread(unpacker(archive), partial)

        try:
            return await self._once(self._cache / f"unpacked-{key}", fill)
        except UsageError as error:
            raise UsageError(f"{logical_id}: {archive}: {error}") from None

    async def inline(self, text: str, handler: str, runtime: str, logical_id: str) -> Path | None:
        """See kernel.ports.Builder."""
        if not runtime.startswith("nodejs"):
            return None
        name = inline_file(text, handler, runtime)
        key = _key(f"{name}\n{text}")

        async def fill(partial: Path) -> None:
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_text(text)

        source = await self._once(self._cache / f"inline-{key}", fill)
        built = await self._node(source, logical_id, layer=False)
        return None if built == source else built

    async def packages(self, wanted: Sequence[str], runtime: str, logical_id: str) -> Path:
        """See kernel.ports.Builder."""
        text = "\n".join(wanted)
        key = _key(text)

        async def fill(partial: Path) -> None:
            (partial / "requirements.txt").write_text(f"{text}\n")

        source = await self._once(self._cache / f"wanted-{key}", fill)
        installed = await self._install(source / "requirements.txt", runtime, logical_id)
        return await self._combine(source, installed, logical_id, layer=True)

    async def modules(self, wanted: Sequence[str], logical_id: str) -> Path | None:
        """See kernel.ports.Builder."""
        found = await self._packages(list(wanted), logical_id)
        if found is None:
            return None

        async def fill(partial: Path) -> None:
            (partial / "nodejs").mkdir()
            (partial / "nodejs" / "node_modules").symlink_to(found / "node_modules")

        return await self._once(self._cache / f"layer-{found.name}", fill)

    async def web_adapter(self, logical_id: str) -> Path:
        """See kernel.ports.Builder."""
        return await self._frozen(_WEB_ADAPTER, _UNFROZEN, logical_id)

    async def _install(self, requirements: Path, runtime: str, logical_id: str) -> Path:
        python = interpreter_for(runtime if runtime.startswith("python3.") else "").path
        text = "\n".join(_lines(requirements))
        key = _key(f"{python}\n{text}")
        command = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-compile",
            "--requirement",
            str(requirements),
            "--target",
        ]

        async def fill(partial: Path) -> None:
            self._progress(f"installing the dependencies of {logical_id}")
            await _run([*command, str(partial)], requirements.parent, {}, logical_id)

        return await self._once(self._cache / f"packages-{key}", fill)

    async def _combine(self, source: Path, packages: Path, logical_id: str, *, layer: bool) -> Path:
        """The source with installed packages beside it, of which its own win."""

        def add(inner: Path) -> None:
            for entry in packages.iterdir():
                if not os.path.lexists(inner / entry.name):
                    (inner / entry.name).symlink_to(entry)

        return await self._frozen(
            source, _UNFROZEN, logical_id, Beside(packages, add), "python" if layer else ""
        )

    async def _frozen(
        self,
        source: Path,
        skipped: set[str],
        logical_id: str,
        beside: Beside | None = None,
        below: str = "",
    ) -> Path:
        """A folder that has the source as it is now below `below`: no edit reaches it."""
        if beside is None and not below and source.is_relative_to(self._cache):
            return source
        try:
            return await self._snapshots.take(source, skipped, beside, below)
        except OSError as error:
            raise UsageError(f"{logical_id}: its code cannot be copied: {error}") from None

    async def _node(self, source: Path, logical_id: str, *, layer: bool) -> Path:
        """The folder with node_modules; one that brings all it needs is taken as it is."""
        parts = [] if layer else node_build.sdk_parts(source)
        installs = node_build.needs_install(source)
        sdk = await self._packages(parts, logical_id) if parts else None
        if not installs:
            beside = None
            if sdk is not None:
                modules = sdk / "node_modules"
                beside = Beside(sdk, lambda inner: node_build.link(modules, inner / modules.name))
            below = "nodejs" if layer else ""
            return await self._frozen(source, _UNFROZEN - _MODULES, logical_id, beside, below)
        key = _key(f"{self._state(source)}{layer}{sdk}")

        async def fill(partial: Path) -> None:
            inner = partial / "nodejs" if layer else partial
            self._copy(source, inner, logical_id)
            self._progress(f"installing the dependencies of {logical_id}")
            await _run(node_build.install(source, logical_id), inner, {}, logical_id)
            if sdk is not None:
                node_build.link(sdk / "node_modules", inner / "node_modules")

        return await self._once(self._cache / f"node-{key}", fill)

    async def _bundle(self, source: Path, logical_id: str, options: Mapping[str, Any]) -> Path:
        """The folder that esbuild makes of the source and its packages."""
        text = json.dumps(options, sort_keys=True, default=str)
        key = _key(f"{self._state(source)}{text}")
        parts = node_build.sdk_parts(source)

        async def fill(partial: Path) -> None:
            self._progress(f"building {logical_id} with esbuild")
            with tempfile.TemporaryDirectory(dir=self._cache) as place:
                work = Path(place)
                self._copy(source, work, logical_id)
                modules = work / "node_modules"
                if node_build.needs_install(source, development=True):
                    command = node_build.install(source, logical_id, development=True)
                    await _run(command, work, {}, logical_id)
                elif (source / "node_modules").exists():
                    node_build.link(source / "node_modules", modules)
                sdk = await self._packages(parts, logical_id) if parts else None
                if sdk is not None:
                    node_build.link(sdk / "node_modules", modules)
                program = await self._esbuild(modules, logical_id)
                await _run(esbuild.command(program, work, partial, options), work, {}, logical_id)

        return await self._once(self._cache / f"bundle-{key}", fill)

    async def _esbuild(self, modules: Path, logical_id: str) -> str:
        """The bundler: the project's own, the machine's, or one that is installed for it."""
        own = modules / ".bin" / "esbuild"
        found = str(own) if own.exists() else shutil.which("esbuild")
        if found is None:
            folder = await self._packages(["esbuild"], logical_id)
            if folder is None:
                raise UsageError(f"{logical_id}: BuildMethod esbuild needs esbuild: install it")
            found = str(folder / "node_modules" / ".bin" / "esbuild")
        return found

    async def _packages(self, parts: list[str], logical_id: str) -> Path | None:
        """The folder with these packages of npm; None when they cannot be had."""
        key = _key(" ".join(parts))

        async def fill(partial: Path) -> None:
            self._progress(f"installing {', '.join(parts)} for {logical_id}")
            (partial / "package.json").write_text("{}")
            npm = node_build.npm(logical_id)
            await _run([npm, "install", "--no-audit", "--no-fund", *parts], partial, {}, logical_id)

        try:
            return await self._once(self._cache / f"sdk-{key}", fill)
        except UsageError as error:
            # The function may never come to the line that needs it.
            self._progress(f"without {', '.join(parts)}: {error}")
            return None

    async def _make(self, source: Path, logical_id: str) -> Path:
        key = _key(f"{self._state(source)}{logical_id}")

        async def fill(partial: Path) -> None:
            self._progress(f"building {logical_id}")
            variables = {"ARTIFACTS_DIR": str(partial), "PYTHON": sys.executable}
            await _run(["make", f"build-{logical_id}"], source, variables, logical_id)

        return await self._once(self._cache / f"make-{key}", fill)

    def _sources(self, source: Path) -> Iterator[Entry]:
        """What is built: a data directory within the source is none of it."""
        return contents(source, _SKIPPED, self._cache.parent)

    def _state(self, source: Path) -> str:
        """Of a source that is built elsewhere: changes whenever something below it was written."""
        return f"{source}{state_of(self._sources(source))}"

    def _copy(self, source: Path, target: Path, logical_id: str) -> None:
        target.mkdir(exist_ok=True)
        try:
            copy(self._sources(source), target)
        except OSError as error:
            raise UsageError(f"{logical_id}: its code cannot be copied: {error}") from None

    async def _once(self, target: Path, fill: Callable[[Path], Awaitable[None]]) -> Path:
        """`target`, filled by whoever comes first; never seen half full."""
        async with self._locks.setdefault(target, asyncio.Lock()):
            if target.exists():
                return target
            partial = target.with_name(f"{target.name}.{os.getpid()}")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            try:
                await fill(partial)
                await asyncio.to_thread(self._code.sync, partial)
                partial.rename(target)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
            return target


def _lines(requirements: Path) -> list[str]:
    lines = (line.partition(" #")[0].strip() for line in requirements.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


async def _run(command: list[str], cwd: Path, variables: dict[str, str], logical_id: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        words = output.decode("utf-8", "replace")[-_TAIL:].strip()
        raise UsageError(f"{logical_id}: `{' '.join(command[:4])} …` failed:\n{words}")
