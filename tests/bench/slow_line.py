"""A slow line in front of a server on this machine: every byte waits and shares what the line carries in a second.

For: `SlowLine`, a relay on a loopback port, run by a thread of its own. 60 ms means a round trip of 60 ms, 30 ms each way;
    opening a connection costs one round trip more, as TCP's handshake does. Each direction carries the full rate.
Not for: TCP's slow start or lost packets (not modelled), or what a fault does to one call (tests/faults).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

ROUND_TRIP_SECONDS = 0.060
BITS_PER_SECOND = 10_000_000
_PIECE_BYTES = 4096
_AHEAD_SECONDS = 0.1  # of the line's work that may stand in its buffer

Listener = Callable[[bytes], None]


class SlowLine:
    def __init__(
        self,
        port: int,
        round_trip_seconds: float = ROUND_TRIP_SECONDS,
        bits_per_second: float = BITS_PER_SECOND,
        listen: Callable[[], Listener] | None = None,
    ) -> None:
        """`listen` is called for each connection; what it gives hears every piece the phone puts on the line."""
        self._to_port = port
        self._listen = listen
        self._is_down = False
        self._round_trip_seconds = round_trip_seconds
        self._is_up = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._up = _Way(round_trip_seconds / 2, bits_per_second)
        self._down = _Way(round_trip_seconds / 2, bits_per_second)
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, name="slow-line")
        self.port = 0

    def __enter__(self) -> SlowLine:
        self._thread.start()
        assert self._is_up.wait(10), "the line did not come up"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def carried_bytes(self) -> int:
        """Both ways, since it was made."""
        return self._up.carried + self._down.carried

    def carries(self, bits_per_second: float) -> None:
        """From now on, each way."""
        self._up.bits_per_second = self._down.bits_per_second = bits_per_second

    def cut(self) -> None:
        """Every connection that is open breaks; new ones may be made at once."""
        self._loop.call_soon_threadsafe(self._abort)

    def go_down(self) -> None:
        """Every connection breaks, and none can be made until it comes up again."""
        self._is_down = True
        self.cut()

    def come_up(self) -> None:
        self._is_down = False

    def _abort(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._relay, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._is_up.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop), return_exceptions=True))
        self._loop.close()

    async def _relay(self, phone: asyncio.StreamReader, to_phone: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self._round_trip_seconds)  # the handshake
        if self._is_down:
            to_phone.transport.abort()
            return
        server, to_server = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._open |= {to_phone, to_server}
        try:
            # asyncio's streams complain of handlers that end cancelled.
            with contextlib.suppress(asyncio.CancelledError):
                heard = None if self._listen is None else self._listen()
                await asyncio.gather(
                    self._up.carry(phone, to_server, heard), self._down.carry(server, to_phone)
                )
        finally:
            self._open -= {to_phone, to_server}
            to_phone.close()
            to_server.close()


class _Way:
    """One direction of the line, shared by all connections."""

    def __init__(self, delay_seconds: float, bits_per_second: float) -> None:
        self.carried = 0
        self._delay_seconds = delay_seconds
        self.bits_per_second = bits_per_second
        self._busy_until = 0.0

    async def carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: Listener | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                at, piece = await under_way.get()
                await asyncio.sleep(max(0.0, at - loop.time()))
                if not piece:
                    writer.close()
                    return
                writer.write(piece)
                await writer.drain()

        arriving = asyncio.create_task(arrive())
        try:
            with contextlib.suppress(ConnectionError):  # either end may hang up
                while piece := await reader.read(_PIECE_BYTES):
                    self.carried += len(piece)
                    if heard is not None:
                        heard(piece)
                    self._busy_until = (
                        max(loop.time(), self._busy_until) + 8 * len(piece) / self.bits_per_second
                    )
                    under_way.put_nowait((self._busy_until + self._delay_seconds, piece))
                    await asyncio.sleep(max(0.0, self._busy_until - loop.time() - _AHEAD_SECONDS))
            under_way.put_nowait((max(loop.time(), self._busy_until) + self._delay_seconds, b""))
            with contextlib.suppress(ConnectionError):
                await arriving
        finally:
            arriving.cancel()
