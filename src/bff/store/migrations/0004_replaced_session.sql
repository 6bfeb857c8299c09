-- The session that a browser had when it began to sign in, which ends when it has signed in.
ALTER TABLE logins ADD COLUMN IF NOT EXISTS session_hash text;
