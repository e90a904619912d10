"""The tables of Lambda, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE lambda_functions(
      name TEXT NOT NULL,
      version TEXT NOT NULL,           -- $LATEST or a number
      config TEXT NOT NULL,            -- JSON, the FunctionConfiguration of the API
      code TEXT NOT NULL,              -- folder with the unpacked code
      layers TEXT NOT NULL,            -- JSON list of folders
      revision TEXT NOT NULL,          -- digest of the above
      source TEXT NOT NULL,            -- RevisionId of $LATEST that it was published from
      PRIMARY KEY(name, version)
    ) WITHOUT ROWID;
    CREATE TABLE lambda_versions(
      function TEXT PRIMARY KEY,
      newest INTEGER NOT NULL          -- a number is never used twice
    ) WITHOUT ROWID;
    CREATE TABLE lambda_tags(
      resource TEXT NOT NULL,          -- ARN of a function or a mapping
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY(resource, key)
    ) WITHOUT ROWID;
    CREATE TABLE lambda_aliases(
      function TEXT NOT NULL,
      name TEXT NOT NULL,
      version TEXT NOT NULL,
      weights TEXT NOT NULL,           -- JSON, AdditionalVersionWeights
      description TEXT NOT NULL,
      revision TEXT NOT NULL,
      PRIMARY KEY(function, name)
    ) WITHOUT ROWID;
    CREATE TABLE lambda_policies(
      function TEXT NOT NULL,
      qualifier TEXT NOT NULL,         -- '' for the function itself
      sid TEXT NOT NULL,
      statement TEXT NOT NULL,         -- JSON
      PRIMARY KEY(function, qualifier, sid)
    ) WITHOUT ROWID;
    CREATE TABLE lambda_concurrency(
      function TEXT PRIMARY KEY,
      reserved INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE lambda_invoke_configs(
      function TEXT NOT NULL,
      qualifier TEXT NOT NULL,         -- $LATEST, a version or an alias
      config TEXT NOT NULL,            -- JSON
      modified REAL NOT NULL,
      PRIMARY KEY(function, qualifier)
    ) WITHOUT ROWID;
    CREATE TABLE lambda_urls(
      function TEXT NOT NULL,
      qualifier TEXT NOT NULL,         -- '' or an alias
      id TEXT NOT NULL UNIQUE,         -- first label of the URL's host
      config TEXT NOT NULL,            -- JSON: AuthType, Cors, InvokeMode
      created REAL NOT NULL,
      modified REAL NOT NULL,
      PRIMARY KEY(function, qualifier)
    ) WITHOUT ROWID;
    CREATE TABLE lambda_layers(
      name TEXT NOT NULL,
      version INTEGER NOT NULL,
      config TEXT,                     -- JSON; NULL once deleted: the number stays taken
      folder TEXT NOT NULL,
      PRIMARY KEY(name, version)
    ) WITHOUT ROWID;
    CREATE TABLE lambda_mappings(
      uuid TEXT PRIMARY KEY,
      source TEXT NOT NULL,            -- ARN
      function TEXT NOT NULL,          -- ARN, qualifier kept
      config TEXT NOT NULL,            -- JSON, the settings with their defaults
      enabled INTEGER NOT NULL,
      created REAL NOT NULL,
      modified REAL NOT NULL,
      result TEXT NOT NULL,            -- LastProcessingResult
      UNIQUE(source, function)
    ) WITHOUT ROWID;
    CREATE TABLE lambda_events(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      request_id TEXT NOT NULL,        -- the same over all attempts
      function TEXT NOT NULL,          -- ARN, qualifier kept
      payload BLOB NOT NULL,
      due REAL NOT NULL,
      created REAL NOT NULL,
      invokes INTEGER NOT NULL DEFAULT 0,    -- attempts that reached the function
      throttles INTEGER NOT NULL DEFAULT 0,  -- attempts that did not
      answer TEXT,                     -- JSON, what the last attempt returned
      trace TEXT,
      source TEXT NOT NULL
    );
    CREATE INDEX lambda_events_due ON lambda_events(function, due, id);
    """,
    """
    CREATE TABLE lambda_recursion(
      function TEXT PRIMARY KEY        -- one whose RecursiveLoop is Allow
    ) WITHOUT ROWID;
    CREATE TABLE lambda_provisioned(
      function TEXT NOT NULL,
      qualifier TEXT NOT NULL,         -- a version or an alias
      wanted INTEGER NOT NULL,         -- environments kept ready
      ready INTEGER NOT NULL,          -- how many of them are
      modified REAL NOT NULL,
      PRIMARY KEY(function, qualifier)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE lambda_recorded(
      function TEXT NOT NULL,
      kind TEXT NOT NULL,              -- which setting
      config TEXT NOT NULL,            -- JSON
      PRIMARY KEY(function, kind)
    ) WITHOUT ROWID;
    CREATE TABLE lambda_signing(
      arn TEXT PRIMARY KEY,            -- of a code signing configuration
      config TEXT NOT NULL             -- JSON
    ) WITHOUT ROWID;
    CREATE TABLE lambda_layer_policies(
      layer TEXT NOT NULL,             -- ARN with its version
      sid TEXT NOT NULL,
      statement TEXT NOT NULL,         -- JSON
      revision TEXT NOT NULL,
      PRIMARY KEY(layer, sid)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE lambda_events ADD COLUMN tenant TEXT;  -- for whom, of functions that ask for one
    """,
)
