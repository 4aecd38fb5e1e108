-- Times are milliseconds since 1970. A run's id is a UUID of version 7: ids stand in the order in which runs began, so
-- that a span of time is a span of ids, and the newest runs are the last.

CREATE TABLE runs (
    id          BLOB PRIMARY KEY,
    node        TEXT NOT NULL,
    credential  TEXT,
    api_key     TEXT,
    took_ms     REAL NOT NULL,
    status_code INTEGER NOT NULL,
    message     TEXT NOT NULL,
    bytes       INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX runs_by_node ON runs (node, id);
CREATE INDEX runs_by_credential ON runs (credential, id);
CREATE INDEX runs_by_status ON runs (status_code, id);

-- Apart, so that a list reads no contents. `detail` is JSON.
CREATE TABLE run_details (
    id     BLOB PRIMARY KEY,
    detail BLOB NOT NULL
);

CREATE TABLE totals (
    runs  INTEGER NOT NULL,
    bytes INTEGER NOT NULL
);
INSERT INTO totals VALUES (0, 0);

CREATE TRIGGER run_came AFTER INSERT ON runs BEGIN
    UPDATE totals SET runs = runs + 1, bytes = bytes + NEW.bytes;
END;

CREATE TRIGGER run_went AFTER DELETE ON runs BEGIN
    UPDATE totals SET runs = runs - 1, bytes = bytes - OLD.bytes;
    DELETE FROM run_details WHERE id = OLD.id;
END;

-- Calls with an idempotency key. While a call runs, `instance` is the process that runs it and `envelope` is null.
CREATE TABLE calls (
    caller   TEXT NOT NULL,
    key      TEXT NOT NULL,
    digest   BLOB NOT NULL,
    run      BLOB NOT NULL,
    instance TEXT NOT NULL,
    expires  INTEGER NOT NULL,
    envelope TEXT,
    PRIMARY KEY (caller, key)
);

CREATE INDEX calls_by_end ON calls (expires);

-- The master key that all credentials are sealed under: one row, or none before the first credential.
CREATE TABLE vault (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    key  BLOB NOT NULL
);

CREATE TABLE credentials (
    name     TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    kind     TEXT NOT NULL,
    created  INTEGER NOT NULL,
    key      BLOB NOT NULL,
    sealed   BLOB NOT NULL
) WITHOUT ROWID;

-- `digest` is of the secret part of a key; `grants` is JSON: scopes, nodes, credentials.
CREATE TABLE api_keys (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    digest  BLOB NOT NULL,
    grants  TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    revoked INTEGER
);

CREATE UNIQUE INDEX api_keys_by_name ON api_keys (name) WHERE revoked IS NULL;
