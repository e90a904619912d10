"""The table of EC2's networking, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE ec2_records(
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,              -- CloudFormation type without AWS::EC2::
      config TEXT NOT NULL,            -- JSON, the properties as declared
      created REAL NOT NULL
    ) WITHOUT ROWID;
    """,
)
