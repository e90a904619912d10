"""The tables of Cognito's user pools, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE cognito_pools(
      id TEXT PRIMARY KEY,
      config TEXT NOT NULL,            -- JSON, the pool as DescribeUserPool shows it
      created REAL NOT NULL,
      changed REAL NOT NULL,
      kid TEXT NOT NULL,               -- of the key that signs the pool's tokens
      private_key BLOB NOT NULL        -- PKCS #8
    ) WITHOUT ROWID;
    CREATE TABLE cognito_clients(
      id TEXT PRIMARY KEY,
      pool TEXT NOT NULL,
      config TEXT NOT NULL,            -- JSON, as DescribeUserPoolClient shows it
      created REAL NOT NULL,
      changed REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX cognito_clients_of ON cognito_clients(pool, created);
    CREATE TABLE cognito_domains(
      domain TEXT PRIMARY KEY,
      pool TEXT NOT NULL,
      config TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE cognito_users(
      pool TEXT NOT NULL,
      key TEXT NOT NULL,               -- the name, in small letters where case does not count
      name TEXT NOT NULL,
      sub TEXT NOT NULL,
      status TEXT NOT NULL,
      enabled INTEGER NOT NULL,
      attributes TEXT NOT NULL,        -- JSON, texts by name
      salt TEXT,                       -- of the password, hexadecimal; null without one
      verifier TEXT,                   -- what is kept of the password (see passwords.py)
      temporary REAL,                  -- until when a temporary password is good
      failures INTEGER NOT NULL,       -- wrong passwords since the last right one
      locked REAL NOT NULL,            -- until when no password is looked at
      created REAL NOT NULL,
      changed REAL NOT NULL,
      PRIMARY KEY(pool, key)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX cognito_users_sub ON cognito_users(pool, sub);
    -- By what else than their name users sign in.
    CREATE TABLE cognito_aliases(
      pool TEXT NOT NULL,
      attribute TEXT NOT NULL,
      value TEXT NOT NULL,
      key TEXT NOT NULL,
      PRIMARY KEY(pool, attribute, value)
    ) WITHOUT ROWID;
    CREATE TABLE cognito_groups(
      pool TEXT NOT NULL,
      name TEXT NOT NULL,
      config TEXT NOT NULL,
      created REAL NOT NULL,
      changed REAL NOT NULL,
      PRIMARY KEY(pool, name)
    ) WITHOUT ROWID;
    CREATE TABLE cognito_members(
      pool TEXT NOT NULL,
      "group" TEXT NOT NULL,
      key TEXT NOT NULL,
      PRIMARY KEY(pool, "group", key)
    ) WITHOUT ROWID;
    CREATE INDEX cognito_groups_of ON cognito_members(pool, key);
    -- The last code sent for each purpose: `confirm`, `forgot`, or the attribute to verify.
    CREATE TABLE cognito_codes(
      pool TEXT NOT NULL,
      key TEXT NOT NULL,
      purpose TEXT NOT NULL,
      code TEXT NOT NULL,
      attribute TEXT NOT NULL,         -- where it was sent: `email` or `phone_number`
      waiting TEXT NOT NULL,           -- the value that the attribute gets by it, or empty
      expires REAL NOT NULL,
      PRIMARY KEY(pool, key, purpose)
    ) WITHOUT ROWID;
    -- Sign-ins between a challenge and its answer.
    CREATE TABLE cognito_sessions(
      id TEXT PRIMARY KEY,
      pool TEXT NOT NULL,
      client TEXT NOT NULL,
      key TEXT NOT NULL,
      challenge TEXT NOT NULL,
      state TEXT NOT NULL,             -- JSON, what the challenge's answer is judged by
      expires REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX cognito_sessions_expiring ON cognito_sessions(expires);
    -- One for each sign-in; the access tokens of one that is revoked are no longer taken.
    CREATE TABLE cognito_grants(
      origin TEXT PRIMARY KEY,         -- origin_jti of its tokens
      token TEXT NOT NULL UNIQUE,      -- SHA-256 of the refresh token
      pool TEXT NOT NULL,
      client TEXT NOT NULL,
      key TEXT NOT NULL,
      began REAL NOT NULL,             -- auth_time, real time
      expires REAL NOT NULL,
      revoked INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX cognito_grants_of ON cognito_grants(pool, key);
    """,
    """
    CREATE TABLE cognito_resource_servers(
      pool TEXT NOT NULL,
      identifier TEXT NOT NULL,
      config TEXT NOT NULL,            -- JSON, as DescribeResourceServer shows it
      PRIMARY KEY(pool, identifier)
    ) WITHOUT ROWID;
    """,
    """
    -- Of a sign-in by a pool's page, those of its access tokens; empty for one by the API.
    ALTER TABLE cognito_grants ADD COLUMN scopes TEXT NOT NULL DEFAULT '';
    """,
)
