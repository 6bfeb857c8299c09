-- The accounts that Moov last listed as connected to a partner: whom its staff may act for while Moov cannot be asked.
CREATE TABLE connected_accounts (
  partner_account_id uuid PRIMARY KEY,
  accounts jsonb NOT NULL,
  listed_at timestamptz NOT NULL
);
