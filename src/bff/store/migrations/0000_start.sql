-- Who has signed in. person_id is a hash of issuer and subject; nothing else identifies a person.
CREATE TABLE people (
  person_id text PRIMARY KEY,
  issuer text NOT NULL,
  subject text NOT NULL,
  name text NOT NULL,
  email text,
  signed_in_at timestamptz NOT NULL DEFAULT now()
);
--> statement-breakpoint
-- A sign-in under way, bound to the browser that began it; used once.
CREATE TABLE logins (
  state_hash text PRIMARY KEY,
  browser_hash text NOT NULL,
  nonce text NOT NULL,
  code_verifier text NOT NULL,
  return_to text NOT NULL,
  expires_at timestamptz NOT NULL
);
--> statement-breakpoint
CREATE INDEX logins_expiry ON logins (expires_at);
--> statement-breakpoint
CREATE TABLE sessions (
  id_hash text PRIMARY KEY,
  person_id text NOT NULL REFERENCES people,
  name text NOT NULL,
  email text,
  role text CHECK (role IN ('merchant', 'partner')),
  account_id uuid,
  -- the session's id at the identity provider, for its back-channel logout
  provider_sid text,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  idle_ends_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL
);
--> statement-breakpoint
CREATE INDEX sessions_person ON sessions (person_id);
--> statement-breakpoint
CREATE INDEX sessions_provider ON sessions (provider_sid) WHERE provider_sid IS NOT NULL;
--> statement-breakpoint
CREATE INDEX sessions_expiry ON sessions (ends_at);
--> statement-breakpoint
-- What the portal has accepted. sending -> created | rejected | queued -> sending ..., queued -> cancelled.
CREATE TABLE submissions (
  submission_id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  person_id text NOT NULL,
  person_name text NOT NULL,
  idempotency_key uuid NOT NULL,
  fingerprint text NOT NULL,
  -- the cleaned request; erased when settled
  payload jsonb,
  -- true when a merchant files for the own account: the direct scope; else on behalf
  as_itself boolean NOT NULL,
  foreign_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('sending', 'queued', 'created', 'rejected', 'cancelled')),
  reason text,
  attempts integer NOT NULL DEFAULT 0,
  -- true once the person was told that it is kept, and not yet that it is refused
  kept boolean NOT NULL DEFAULT false,
  -- true from just before a request may leave until it is known that it did not arrive
  may_have_arrived boolean NOT NULL,
  first_sent_at timestamptz,
  -- an unclear attempt cannot arrive any more after this
  settles_at timestamptz,
  next_attempt_at timestamptz,
  lease_owner text,
  lease_ends_at timestamptz,
  ticket_id text,
  problem jsonb,
  request_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  -- when doubles were last looked for
  reconciled_at timestamptz,
  UNIQUE (account_id, person_id, idempotency_key)
);
--> statement-breakpoint
CREATE INDEX submissions_due ON submissions (next_attempt_at) WHERE state = 'queued';
--> statement-breakpoint
CREATE INDEX submissions_leased ON submissions (lease_ends_at) WHERE state = 'sending';
--> statement-breakpoint
CREATE INDEX submissions_waiting ON submissions (account_id, created_at DESC) WHERE state IN ('sending', 'queued') OR (state = 'rejected' AND kept);
--> statement-breakpoint
CREATE INDEX submissions_reference ON submissions (account_id, foreign_id);
--> statement-breakpoint
CREATE INDEX submissions_to_reconcile ON submissions (settled_at) WHERE state = 'created' AND attempts > 1 AND reconciled_at IS NULL;
--> statement-breakpoint
CREATE INDEX submissions_settled ON submissions (settled_at) WHERE settled_at IS NOT NULL;
--> statement-breakpoint
-- Which upstream ticket belongs to which submission: no ticket answers for two.
CREATE TABLE claims (
  account_id uuid NOT NULL,
  ticket_id text NOT NULL,
  submission_id uuid NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, ticket_id)
);
--> statement-breakpoint
CREATE INDEX claims_submission ON claims (submission_id);
--> statement-breakpoint
-- Who did what for whom, and when. Never any text of a ticket.
CREATE TABLE audit (
  audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  person_id text,
  person_name text,
  account_id uuid,
  action text NOT NULL,
  submission_id uuid,
  ticket_id text,
  request_id text,
  upstream_request_id text
);
--> statement-breakpoint
CREATE INDEX audit_submission ON audit (submission_id) WHERE submission_id IS NOT NULL;
--> statement-breakpoint
CREATE INDEX audit_ticket ON audit (ticket_id) WHERE ticket_id IS NOT NULL;
--> statement-breakpoint
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit rows can be added, but neither changed nor deleted';
END
$$;
--> statement-breakpoint
CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
--> statement-breakpoint
CREATE TRIGGER audit_table_stays BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
--> statement-breakpoint
-- Live news. Ids are given under a lock that is held until commit, so that they become visible in their own order and
-- a reader that has seen id n has seen all below n.
CREATE TABLE events (
  event_id bigint PRIMARY KEY,
  account_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('ticket', 'submission')),
  data jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
--> statement-breakpoint
CREATE SEQUENCE events_id OWNED BY events.event_id;
--> statement-breakpoint
CREATE INDEX events_age ON events (created_at);
--> statement-breakpoint
CREATE FUNCTION events_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7261002);
  NEW.event_id := nextval('events_id');
  PERFORM pg_notify('portal_events', '');
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER events_ordered BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION events_in_order();
--> statement-breakpoint
-- How often each person and address has done what is limited; the shape is rate-limiter-flexible's.
CREATE TABLE limits (
  key varchar(255) PRIMARY KEY,
  points integer NOT NULL DEFAULT 0,
  expire bigint
);
--> statement-breakpoint
-- Webhook events seen, so that a repeated one is ignored.
CREATE TABLE webhook_events (
  event_id text PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);
--> statement-breakpoint
CREATE INDEX webhook_events_age ON webhook_events (received_at);
