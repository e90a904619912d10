"""The tables of deliver, oldest version first."""

SCHEMA = (
    """
    -- How far an event source mapping has come with a lane of a shard.
    CREATE TABLE deliver_lanes(
      mapping TEXT NOT NULL,
      shard TEXT NOT NULL,
      lane INTEGER NOT NULL,
      lanes INTEGER NOT NULL,          -- the ParallelizationFactor that the lane was cut by
      position TEXT,                   -- sequence number of the last record done with
      pending TEXT NOT NULL,           -- JSON: batches to be tried again, [[end, failures, tries]]
      due REAL NOT NULL,               -- when the first of these is tried again
      tumbling TEXT,                   -- JSON: the open window, {start, state, failures}
      finished INTEGER NOT NULL,       -- the shard is closed and read to its end
      PRIMARY KEY(mapping, shard, lane)
    ) WITHOUT ROWID;
    """,
)
