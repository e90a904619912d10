"""The tables of SES, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE ses_mailbox(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,              -- email or sms
      message_id TEXT NOT NULL,
      time REAL NOT NULL,
      sender TEXT NOT NULL,
      recipients TEXT NOT NULL,        -- JSON, of the envelope
      subject TEXT NOT NULL,
      raw BLOB NOT NULL                -- the whole message; of an SMS its text
    );
    """,
)
