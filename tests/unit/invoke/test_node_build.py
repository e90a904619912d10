"""What becomes of a JavaScript function's folder, with an npm that writes what it was told."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from pathlib import Path

import pytest

from eventmill.invoke import node_build
from eventmill.invoke.build import SourceBuilder
from eventmill.kernel.errors import UsageError
from eventmill.store.code import CodeStore

NPM = """#!/bin/sh
[ -f fail ] && { echo "no network"; exit 1; }
mkdir -p node_modules/left-pad && echo "$*" > node_modules/left-pad/asked
for word in "$@"; do
  case "$word" in @aws-sdk/*) mkdir -p "node_modules/$word" ;; esac
done
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (("npm", NPM), ("node", "#!/bin/sh\n")):
        (tools / name).write_text(text)
        (tools / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    source = tmp_path / "source"
    source.mkdir()
    return source


def build(
    source: Path, said: list[str] | None = None, method: str | None = None, **options: object
) -> Path:
    code = CodeStore(source.parent / "code")
    progress = (said if said is not None else []).append
    builder = SourceBuilder(source.parent / "cache", code, progress)
    return asyncio.run(
        builder.build(
            source, "nodejs22.x", layer=False, logical_id="F", method=method, options=options
        )
    )


def test_a_folder_that_needs_nothing_is_taken_as_it_is(folder: Path) -> None:
    (folder / "index.mjs").write_text("import fs from 'node:fs';")
    (folder / "package.json").write_text(json.dumps({"type": "module"}))
    (folder / "node_modules" / "own").mkdir(parents=True)
    (folder / "node_modules" / "own" / "index.js").write_text("1")
    (folder / "node_modules" / ".bin").mkdir()
    (folder / "node_modules" / ".bin" / "own").symlink_to("../own/index.js")
    built = build(folder)
    assert sorted(path.relative_to(built) for path in built.rglob("*")) == sorted(
        path.relative_to(folder) for path in folder.rglob("*")
    )
    (folder / "node_modules" / "own" / "index.js").write_text("22")
    assert (built / "node_modules" / ".bin" / "own").read_text() == "1"
    assert build(folder) != built


def test_dependencies_are_installed_once_beside_the_code(folder: Path) -> None:
    (folder / "index.js").write_text("require('left-pad')")
    (folder / "package.json").write_text(json.dumps({"dependencies": {"left-pad": "1"}}))
    said: list[str] = []
    built = build(folder, said)
    assert built != folder and (built / "index.js").is_file()
    assert "--omit=dev" in (built / "node_modules/left-pad/asked").read_text()
    assert build(folder, said) == built
    assert said == ["installing the dependencies of F"]
    (folder / "node_modules").mkdir()
    assert list((build(folder) / "node_modules").iterdir()) == []


def test_neither_a_data_directory_within_nor_a_link_to_nothing_is_in_the_way(folder: Path) -> None:
    """As an editor leaves a link beside the file that it has open."""
    (folder / "index.js").write_text("require('left-pad')")
    (folder / ".#index.js").symlink_to("me@here.1:2")
    (folder / "package.json").write_text(json.dumps({"dependencies": {"left-pad": "1"}}))
    data = folder / "kept"

    def built() -> Path:
        builder = SourceBuilder(data / "builds", CodeStore(data / "code"))
        made = builder.build(
            folder, "nodejs22.x", layer=False, logical_id="F", method=None, options={}
        )
        return asyncio.run(made)

    first = built()
    assert (first / "index.js").is_file() and not (first / "kept").exists()
    (data / "written").write_text("meanwhile")
    assert built() == first


def test_the_sdk_s_parts_that_lambda_would_bring_are_linked(folder: Path) -> None:
    (folder / "src").mkdir()
    (folder / "src" / "app.mjs").write_text(
        'import { S3Client } from "@aws-sdk/client-s3";\nimport a from "@aws-sdk/lib-storage/x";'
    )
    (folder / "node_modules" / "@aws-sdk" / "lib-storage").mkdir(parents=True)
    (folder / "node_modules" / "own").mkdir()
    assert node_build.sdk_parts(folder) == ["@aws-sdk/client-s3"]
    built = build(folder)
    modules = built / "node_modules"
    assert sorted(entry.name for entry in modules.iterdir()) == ["@aws-sdk", "left-pad", "own"]
    assert (modules / "@aws-sdk" / "client-s3").is_dir()
    assert not (modules / "own").is_symlink()


def test_code_of_a_template_gets_the_sdk_too(folder: Path) -> None:
    builder = SourceBuilder(folder.parent / "cache", CodeStore(folder.parent / "code"))

    def inline(text: str) -> Path | None:
        return asyncio.run(builder.inline(text, "index.handler", "nodejs22.x", "F"))

    assert inline("exports.handler = 1") is None
    built = inline("import { S3 } from '@aws-sdk/client-s3';")
    assert built is not None and (built / "index.mjs").is_file()
    assert (built / "node_modules" / "@aws-sdk" / "client-s3").is_dir()


def test_without_the_sdk_the_function_is_tried_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "index.js").write_text("require('@aws-sdk/client-sqs')")
    tools = folder.parent / "tools"
    (tools / "npm").unlink()
    monkeypatch.setenv("PATH", str(tools))
    said: list[str] = []
    assert (build(folder, said) / "index.js").is_file()
    assert said[-1].startswith("without @aws-sdk/client-sqs: F: its packages need `npm`")


def test_a_package_file_that_is_no_json_is_named(folder: Path) -> None:
    (folder / "package.json").write_text("{")
    with pytest.raises(UsageError, match=r"package\.json is no JSON object"):
        build(folder)


def test_esbuild_is_told_what_the_template_says(folder: Path) -> None:
    (folder / "app.ts").write_text("import '@aws-sdk/client-s3';")
    bundler = folder / "node_modules" / ".bin" / "esbuild"
    bundler.parent.mkdir(parents=True)
    bundler.write_text(
        "#!/bin/sh\nls node_modules/@aws-sdk > /dev/null || exit 1\n"
        'for word in "$@"; do case "$word" in --outdir=*) echo "$*" > "${word#*=}/app.js";; esac; '
        "done\n"
    )
    bundler.chmod(stat.S_IRWXU)
    built = build(
        folder,
        method="esbuild",
        EntryPoints=["app.ts"],
        Minify=False,
        Sourcemap="true",
        Target="node22",
        OutExtension=[".js=.mjs"],
        External=["@aws-sdk/*", "sharp"],
    )
    assert [entry.name for entry in built.iterdir()] == ["app.js"]
    words = (built / "app.js").read_text().split()
    assert words[0] == "app.ts" and {
        "--bundle",
        "--platform=node",
        "--format=cjs",
        "--target=node22",
        "--sourcemap",
        "--out-extension:.js=.mjs",
        "--external:sharp",
    } <= set(words)
    assert not {"--minify", "--external:@aws-sdk/*"} & set(words)
