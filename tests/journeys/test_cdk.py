"""What `cdk synth` leaves in a folder: its stacks deploy with the code that lies beside them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventmill.kernel.errors import UsageError
from eventmill.testing import TestEngine, engine

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
APP = Path(__file__).parents[1] / "apps" / "cdk"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, with the layer packed as the CDK packs what it is given packed."""
    made = tmp_path_factory.mktemp("assembly") / "cdk.out"
    shutil.copytree(APP, made)
    shutil.make_archive(str(made / "asset.3c55"), "zip", made / "layer")
    return made


@pytest.fixture(scope="module")
def app(folder: Path) -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(folder / "Orders.template.json")
        yield running


def test_functions_and_layers_run_from_the_assets(app: TestEngine) -> None:
    """The greeting comes from a packed layer, the name in it from a custom resource in Node.js."""
    assert app.outputs["Greeting"] == "hello node"


def test_an_inner_stack_is_found_and_its_functions_too(app: TestEngine) -> None:
    assert app.outputs["Told"] == "hello node"
    names = [entry["FunctionName"] for entry in app.client("lambda").list_functions()["Functions"]]
    assert any("Inner" in name and "Echo" in name for name in names), names


def test_the_stack_has_the_name_of_its_template(app: TestEngine) -> None:
    stacks = [
        stack["StackName"] for stack in app.client("cloudformation").describe_stacks()["Stacks"]
    ]
    assert "Orders" in stacks and "cdk-out" not in stacks


def test_a_folder_with_one_stack_needs_no_file_s_name(folder: Path, tmp_path: Path) -> None:
    with engine() as running:
        with pytest.raises(
            UsageError, match=r"Orders.template.json, Other.template.json; name the"
        ):
            shutil.copytree(folder, tmp_path / "two")
            shutil.copy(folder / "Orders.template.json", tmp_path / "two" / "Other.template.json")
            running.deploy(tmp_path / "two")
        assert running.deploy(folder)["Greeting"] == "hello node"


def test_a_list_of_assets_that_is_none_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "broken")
    (tmp_path / "broken" / "Orders.assets.json").write_text(json.dumps({"files": []}))
    with engine() as running, pytest.raises(UsageError, match=r"Orders.assets.json is no list of"):
        running.deploy(tmp_path / "broken" / "Orders.template.json")
