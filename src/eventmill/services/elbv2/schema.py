"""The tables of Elastic Load Balancing, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE elbv2_records(
      arn TEXT PRIMARY KEY,            -- a target's is its group's with `#id#port`
      kind TEXT NOT NULL,              -- balancer, group, target, listener, rule
      parent TEXT NOT NULL,            -- ARN of the balancer, group or listener it belongs to
      position INTEGER NOT NULL,       -- in the order of their making; a rule's is its priority
      config TEXT NOT NULL             -- JSON, members as the API has them
    ) WITHOUT ROWID;
    CREATE INDEX elbv2_children ON elbv2_records(kind, parent, position);
    CREATE TABLE elbv2_tags(
      resource TEXT NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY(resource, key)
    ) WITHOUT ROWID;
    CREATE TABLE elbv2_checks(
      group_arn TEXT PRIMARY KEY,
      due REAL NOT NULL                -- moved time of the next health check
    ) WITHOUT ROWID;
    """,
)
