"""Environments that are spawned and not forked end with the engine, even by kill -9."""

from __future__ import annotations

import os
import select
import shutil
import sys
from pathlib import Path

import pytest

from tests.crash.process import client_of, kill, start

TEMPLATE = """
Resources:
  Sleeper:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: sleeper
      Runtime: nodejs22.x
      Handler: index.handler
      Timeout: 60
      Role: arn:aws:iam::000000000000:role/r
      Code:
        ZipFile: |
          exports.handler = (event, context, callback) => {
            if (!event.sleep) return callback(null, process.pid);
            setTimeout(() => {}, 60000);
          };
"""


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("node") is None, reason="needs Linux and node"
)
def test_a_spawned_environment_dies_with_the_engine(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "template.yaml").write_text(TEMPLATE)
    process, said = start(tmp_path / "data", tmp_path / "log", app)
    try:
        client = client_of(said["endpoint"], "lambda")
        pid = int(client.invoke(FunctionName="sleeper", Payload=b"{}")["Payload"].read())
        client.invoke(FunctionName="sleeper", InvocationType="Event", Payload=b'{"sleep": 1}')
        environment = os.pidfd_open(pid)
        assert not select.select([environment], [], [], 0.1)[0], "it lives as long as the engine"
    finally:
        kill(process)
    assert select.select([environment], [], [], 5)[0], "it outlived the engine"
    os.close(environment)
