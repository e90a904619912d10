"""A disk that is full: what was acknowledged stays, what does not fit is refused, nothing dies."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip("a small tmpfs cannot be mounted here: it needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_the_engine_lives_on_when_the_disk_is_full(small: Path) -> None:
    with engine(small / "data") as mill:
        queues, s3 = mill.client("sqs"), mill.client("s3")
        url = queues.create_queue(QueueName="q")["QueueUrl"]
        s3.create_bucket(Bucket="bucket")
        with pytest.raises(ClientError) as refused:
            s3.put_object(Bucket="bucket", Key="k", Body=b"x" * 8_000_000)
        assert "No space left on device" in str(refused.value)
        sent = 0
        with pytest.raises(ClientError) as refused:
            for _ in range(200):
                queues.send_message(QueueUrl=url, MessageBody="x" * 100_000)
                sent += 1
        assert "full" in str(refused.value)
        assert sent > 0
        counted = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert counted["ApproximateNumberOfMessages"] == str(sent)
        assert mill.client("sts").get_caller_identity()["Account"] == "000000000000"
