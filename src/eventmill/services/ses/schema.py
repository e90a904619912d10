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
    """
    CREATE TABLE ses_rule_sets(
      name TEXT PRIMARY KEY,
      created REAL NOT NULL,
      active INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE ses_rules(
      rule_set TEXT NOT NULL,
      name TEXT NOT NULL,
      place INTEGER NOT NULL,
      rule TEXT NOT NULL,              -- JSON, as the API has it
      PRIMARY KEY(rule_set, name)
    ) WITHOUT ROWID;
    CREATE TABLE ses_filters(
      name TEXT PRIMARY KEY,
      policy TEXT NOT NULL,            -- Block or Allow
      cidr TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE ses_received(         -- mails on their way through their rules
      id TEXT PRIMARY KEY,
      time REAL NOT NULL,
      source TEXT NOT NULL,            -- of the envelope; empty for a bounce
      recipients TEXT NOT NULL,        -- JSON, of the envelope
      plan TEXT NOT NULL,              -- JSON: the actions of the rules that matched, in order
      place INTEGER NOT NULL,          -- of the action that is next
      verdicts TEXT NOT NULL,          -- JSON
      raw BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE ses_identities(
      name TEXT PRIMARY KEY,
      settings TEXT NOT NULL           -- JSON
    ) WITHOUT ROWID;
    CREATE TABLE ses_templates(
      name TEXT PRIMARY KEY,
      created REAL NOT NULL,
      content TEXT NOT NULL            -- JSON: Subject, Text, Html
    ) WITHOUT ROWID;
    CREATE TABLE ses_configuration_sets(
      name TEXT PRIMARY KEY,
      settings TEXT NOT NULL,          -- JSON
      destinations TEXT NOT NULL       -- JSON: event destinations by name, as SESv2 has them
    ) WITHOUT ROWID;
    """,
)
