-- Windows of limits that have ended are removed in steps, oldest first.
CREATE INDEX IF NOT EXISTS limits_ended ON limits (expire);
