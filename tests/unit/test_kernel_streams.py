"""A streamed answer: what is fed comes out in order, and the writer is held up in time."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from eventmill.kernel.streams import HELD, LIMIT, ResponseStream


@given(st.lists(st.integers(1, HELD), max_size=12), st.lists(st.booleans(), max_size=12))
def test_pieces_keep_their_order_and_memory_its_bound(sizes: list[int], turns: list[bool]) -> None:
    pieces = [bytes([number % 251]) * size for number, size in enumerate(sizes)]

    async def play() -> tuple[list[bytes], int]:
        stream = ResponseStream()
        room = asyncio.Event()
        room.set()
        stream.begin("text/plain", room.set)
        held = most = 0

        async def write() -> None:
            nonlocal held, most
            for number, piece in enumerate(pieces):
                await room.wait()
                held += len(piece)
                most = max(most, held)
                if not stream.feed(piece):
                    room.clear()
                if number < len(turns) and turns[number]:
                    await asyncio.sleep(0)
            stream.end()

        writer = asyncio.create_task(write())
        read = []
        assert await stream.started()
        async for piece in stream.pieces():
            held -= len(piece)
            read.append(piece)
            await asyncio.sleep(0)
        await writer
        return read, most

    read, most = asyncio.run(play())
    assert read == pieces
    assert most < 2 * HELD


def test_an_answer_in_one_piece_never_begins() -> None:
    async def play() -> bool:
        stream = ResponseStream()
        asyncio.get_running_loop().call_soon(stream.end)
        return await stream.started()

    assert asyncio.run(play()) is False


def test_what_is_longer_than_lambda_lets_through_is_dropped() -> None:
    async def play() -> int:
        stream = ResponseStream()
        stream.begin("a/b", lambda: None)
        stream.size = LIMIT - 1
        assert stream.feed(b"12"), "nobody needs to wait for what is dropped"
        stream.end()
        assert stream.too_large
        return len([piece async for piece in stream.pieces()])

    assert asyncio.run(play()) == 0
