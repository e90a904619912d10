"""The tables of Secrets Manager, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE secretsmanager_secrets(
      arn TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      settings TEXT NOT NULL,          -- JSON: Description, KmsKeyId, rotation, as the API has them
      tags TEXT NOT NULL,              -- JSON
      policy TEXT NOT NULL,            -- the resource policy, empty without one
      created REAL NOT NULL,
      changed REAL NOT NULL,
      deleted REAL,                    -- when DeleteSecret was called
      gone REAL                        -- when it can be restored no longer
    ) WITHOUT ROWID;
    CREATE TABLE secretsmanager_versions(
      secret TEXT NOT NULL,
      id TEXT NOT NULL,
      text TEXT,                       -- SecretString
      bytes BLOB,                      -- SecretBinary
      created REAL NOT NULL,
      PRIMARY KEY(secret, id)
    ) WITHOUT ROWID;
    -- A staging label is on one version of a secret at most.
    CREATE TABLE secretsmanager_stages(
      secret TEXT NOT NULL,
      stage TEXT NOT NULL,
      version TEXT NOT NULL,
      PRIMARY KEY(secret, stage)
    ) WITHOUT ROWID;
    """,
)
