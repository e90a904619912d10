"""What a message costs in a short queue and in one with a million."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from servers import CALLERS, Server, cpu_seconds

_DEPTHS = (10_000, 1_000_000)
_TAKEN = 2_000


def backlog(server: Server) -> dict[str, Any]:
    """Messages a second received and deleted in tens, and the server's CPU for each, by depth."""
    queues = server.client("sqs")
    entries = [{"Id": str(number), "MessageBody": "x" * 20} for number in range(10)]
    found: dict[str, Any] = {}
    for depth in _DEPTHS:
        url = queues.create_queue(QueueName=f"backlog-{depth}")["QueueUrl"]
        began = time.perf_counter()
        with ThreadPoolExecutor(CALLERS) as pool:
            for _ in pool.map(
                lambda _, url=url: queues.send_message_batch(QueueUrl=url, Entries=entries),
                range(depth // 10),
            ):
                pass
        filled = time.perf_counter() - began
        cpu, began = cpu_seconds(server.pid), time.perf_counter()
        for _ in range(_TAKEN // 10):
            messages = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
            gone = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            queues.delete_message_batch(QueueUrl=url, Entries=gone)
        took = time.perf_counter() - began
        found[f"backlog of {depth:,}"] = {
            "sent_per_s": round(depth / filled),
            "taken_per_s": round(_TAKEN / took),
            "cpu_us_per_message": round((cpu_seconds(server.pid) - cpu) / _TAKEN * 1e6),
        }
        queues.delete_queue(QueueUrl=url)
    return found
