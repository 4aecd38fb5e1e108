-- A run's row is written when it begins: 0 it is under way, 1 it ended, 2 its process ended before it did. What is not
-- known before the end is 0 or empty until then. Every run that there is ended.
ALTER TABLE runs ADD COLUMN state INTEGER NOT NULL DEFAULT 1;
-- The process that runs it, while it is under way.
ALTER TABLE runs ADD COLUMN instance TEXT;
CREATE INDEX runs_under_way ON runs (instance) WHERE state = 0;
CREATE INDEX calls_under_way ON calls (instance) WHERE envelope IS NULL;

CREATE TRIGGER run_grew AFTER UPDATE OF bytes ON runs WHEN NEW.bytes <> OLD.bytes BEGIN
    UPDATE totals SET bytes = bytes + NEW.bytes - OLD.bytes;
END;

-- Processes with something under way. Each holds a lease until a time, which it renews; past it, or once its process is
-- known to be gone, what it had under way is given up. `process` tells it from others on its machine, if that can be told.
CREATE TABLE instances (
    id      TEXT PRIMARY KEY,
    process TEXT,
    until   INTEGER NOT NULL
) WITHOUT ROWID;
