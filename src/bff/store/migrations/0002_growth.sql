-- So that no question grows with the tables. On tables of millions of rows these may be built beforehand without holding
-- anybody up (docs/operate.md, "Upgrade"); what is there is left as it is.
-- The next one of each account in turn, and what one worker holds.
CREATE INDEX IF NOT EXISTS submissions_turns ON submissions (account_id, next_attempt_at) WHERE state = 'queued';
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS submissions_held ON submissions (lease_owner) WHERE state = 'queued' AND lease_owner IS NOT NULL;
--> statement-breakpoint
-- The operators' lists, the counts, and the age of the oldest that waits.
CREATE INDEX IF NOT EXISTS submissions_by_state ON submissions (state, created_at);
--> statement-breakpoint
-- Refused after the person was told that it is kept, and not read by that person yet.
CREATE INDEX IF NOT EXISTS submissions_dead ON submissions (created_at) WHERE state = 'rejected' AND kept;
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS claims_age ON claims (claimed_at);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS sessions_idle ON sessions (idle_ends_at);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS people_subject ON people (subject);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS people_email ON people (lower(email));
--> statement-breakpoint
-- How much of what waits is one account's: without it, an account's own flood is read whole and sorted for each list.
CREATE STATISTICS IF NOT EXISTS submissions_of_accounts (mcv) ON account_id, state, kept FROM submissions;
