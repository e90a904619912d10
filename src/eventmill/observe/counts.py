"""What happened, counted in memory and written as metrics once a minute.

What all calls of a minute came to is one write, however many there were. A crash takes the counts
of the minute that it falls into; nobody was promised them, as nobody is by CloudWatch.
"""

from __future__ import annotations

from collections.abc import Sequence

from eventmill.kernel.clock import Clock, Timer
from eventmill.kernel.metrics import Count
from eventmill.observe.metrics import Put
from eventmill.observe.named import samples_of
from eventmill.store.database import Database

_MINUTE = 60.0
_MOST = 50_000
"""Different counts that are kept at the most before they are written early."""
_LONG = 50
"""Different counts of one write at the most that the event loop may make itself."""


class CountWriter:
    """See kernel.ports.CountSink. Use it on the event loop. `put` stores samples."""

    def __init__(self, database: Database, clock: Clock, put: Put) -> None:
        self._database = database
        self._clock = clock
        self._put = put
        self._counts: dict[Count, list[int]] = {}
        """How often each happened, in a list of its own: to add one is one look into this."""
        self._begun = 0.0
        self._timer: Timer | None = None
        database.count_into(self.merge)

    def add(self, count: Count) -> None:
        """Count something that happened now."""
        self.merge((count,))

    def merge(self, counts: Sequence[Count]) -> None:
        """Count several things, such as a transaction's, once it is committed."""
        for count in counts:
            times = self._counts.get(count)
            if times is None:
                self._first(count)
            else:
                times[0] += 1

    def _first(self, count: Count) -> None:
        if len(self._counts) >= _MOST:
            self.flush()
        if not self._counts:
            self._begun = self._clock.now()
            # The minute's end is also when alarms look at it: their write comes after this one.
            end = (self._begun // _MINUTE + 1) * _MINUTE
            self._timer = self._clock.timer(end, self.flush)
        self._counts[count] = [1]

    def flush(self) -> None:
        """Hand what was counted to the writer now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        counts, self._counts = self._counts, {}
        if not counts:
            return
        begun = self._begun
        self._database.post(
            lambda tx: self._put(tx, samples_of(counts, begun)), long=len(counts) > _LONG
        )
