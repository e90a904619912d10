"""The tables of SQS, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE sqs_queues(
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      arn TEXT NOT NULL UNIQUE,
      fifo INTEGER NOT NULL,
      attributes TEXT NOT NULL,        -- JSON, the settable attributes as strings
      tags TEXT NOT NULL DEFAULT '{}',
      created REAL NOT NULL,
      modified REAL NOT NULL,
      purged REAL                      -- last PurgeQueue
    );
    CREATE TABLE sqs_deleted(name TEXT PRIMARY KEY, deleted REAL NOT NULL) WITHOUT ROWID;

    CREATE TABLE sqs_messages(
      seq INTEGER PRIMARY KEY,         -- order of arrival, from a sequence
      queue INTEGER NOT NULL,
      visible REAL NOT NULL,           -- moved time from which it can be received
      message_id TEXT NOT NULL,
      body TEXT NOT NULL,
      md5_body TEXT NOT NULL,
      attributes BLOB,                 -- message attributes, JSON with base64 binaries
      md5_attributes TEXT,
      sent REAL NOT NULL,
      expires REAL NOT NULL,
      sender TEXT NOT NULL,
      receives INTEGER NOT NULL DEFAULT 0,
      first_received REAL,
      nonce TEXT,                      -- of the newest receipt handle
      holder TEXT,                     -- which start of the engine's own pollers holds it
      grp TEXT,
      dedup TEXT,
      trace TEXT,
      dlq_source TEXT
    );
    -- The retention's chore walks this index too: one of its own would cost every send a page.
    CREATE INDEX sqs_by_visibility ON sqs_messages(queue, visible, seq, expires);
    CREATE INDEX sqs_by_group ON sqs_messages(queue, grp, seq) WHERE grp IS NOT NULL;
    CREATE INDEX sqs_held ON sqs_messages(holder) WHERE holder IS NOT NULL;

    -- FIFO queues: one row per group that holds messages.
    CREATE TABLE sqs_groups(
      queue INTEGER NOT NULL,
      grp TEXT NOT NULL,
      head INTEGER NOT NULL,           -- seq of its oldest message
      blocked REAL NOT NULL,           -- no message of it is received before this time
      PRIMARY KEY(queue, grp)
    ) WITHOUT ROWID;
    CREATE INDEX sqs_groups_ready ON sqs_groups(queue, head);

    CREATE TABLE sqs_dedup(
      queue INTEGER NOT NULL,
      scope TEXT NOT NULL,             -- '' for the queue, else the message group
      dedup TEXT NOT NULL,
      message_id TEXT NOT NULL,
      seq INTEGER NOT NULL,
      expires REAL NOT NULL,
      PRIMARY KEY(queue, scope, dedup)
    ) WITHOUT ROWID;
    CREATE INDEX sqs_dedup_expiry ON sqs_dedup(expires);

    CREATE TABLE sqs_move_tasks(
      handle TEXT PRIMARY KEY,
      source TEXT NOT NULL,
      destination TEXT,
      rate INTEGER,
      status TEXT NOT NULL,
      moved INTEGER NOT NULL,
      to_move INTEGER NOT NULL,
      started REAL NOT NULL,
      last_seq INTEGER NOT NULL,       -- messages that arrive later are not moved
      due REAL NOT NULL,
      failure TEXT
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE sqs_messages ADD COLUMN received REAL;  -- when its newest receive was
    CREATE TABLE sqs_attempts(
      queue INTEGER NOT NULL,
      attempt TEXT NOT NULL,           -- ReceiveRequestAttemptId
      expires REAL NOT NULL,
      taken TEXT NOT NULL,             -- JSON list of receipt handles
      PRIMARY KEY(queue, attempt)
    ) WITHOUT ROWID;
    """,
    """
    -- Until when it made its messages invisible: a message with another time was changed since.
    ALTER TABLE sqs_attempts ADD COLUMN visible REAL NOT NULL DEFAULT 0;
    """,
)
