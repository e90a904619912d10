"""What the pytest plugin gives to a project's tests."""

import subprocess
import sys
from pathlib import Path

TEST = """
import pytest
from eventmill.testing import engine

TEMPLATE = '''
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: worker
      Runtime: python3.12
      Handler: index.handler
      Role: arn:aws:iam::000000000000:role/any
      Code:
        ZipFile: |
          def handler(event, context):
              print("got", event["sku"])
              return event["price"]
'''

@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    (folder / "template.yaml").write_text(TEMPLATE)
    with engine() as running:
        running.deploy(folder)
        yield running

@pytest.mark.parametrize("price", [7, None])
def test_price(app, price):
    event = '{"sku": "A-%s"%s}' % (price, ', "price": 7' if price else "")
    answer = app.client("lambda").invoke(FunctionName="worker", Payload=event)
    assert "FunctionError" not in answer
"""


def test_a_failure_shows_what_the_functions_logged(tmp_path: Path) -> None:
    (tmp_path / "test_worker.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_worker.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "1 failed, 1 passed" in run.stdout
    said = run.stdout.partition("Logs of http://127.0.0.1:")[2]
    assert "/aws/lambda/worker: got A-None" in said, run.stdout
    assert "/aws/lambda/worker: [ERROR] KeyError: 'price'" in said
    assert "A-7" not in run.stdout
