"""The tables of API Gateway's HTTP and WebSocket APIs, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE apiv2_parts(
      api TEXT NOT NULL,
      kind TEXT NOT NULL,              -- api, route, integration, authorizer, stage, deployment
      id TEXT NOT NULL,
      config TEXT NOT NULL,            -- JSON, members as the API has them
      position INTEGER NOT NULL,
      PRIMARY KEY(api, kind, id)
    ) WITHOUT ROWID;
    """,
)
