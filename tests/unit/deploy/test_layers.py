"""Layers of other accounts that are made from packages."""

from __future__ import annotations

import pytest

from eventmill.deploy.layers import requirement


@pytest.mark.parametrize(
    ("name", "versions"),
    [
        ("AWSLambdaPowertoolsPythonV3-python312-x86_64", ">=3,<4"),
        ("AWSLambdaPowertoolsPythonV2-Arm64", ">=2,<3"),
        ("AWSLambdaPowertoolsPythonV2", ">=2,<3"),
        ("AWSLambdaPowertoolsPython-Arm64", ">=1,<2"),
        ("AWSLambdaPowertoolsPython", ">=1,<2"),
    ],
)
def test_the_name_of_powertools_layer_tells_its_major_version(name: str, versions: str) -> None:
    assert requirement(name) == f"aws-lambda-powertools[all]{versions}"
