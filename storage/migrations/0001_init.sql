-- What must survive a restart. A mitigation does not reference its client:
-- an acknowledged request must never be refused for the order of two writes.

CREATE TABLE mitigation (
  customer TEXT NOT NULL,
  cuid TEXT NOT NULL,
  mid INTEGER NOT NULL,
  body BLOB NOT NULL,
  lifetime INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  start INTEGER NOT NULL,
  status INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (customer, cuid, mid)
) STRICT, WITHOUT ROWID;

CREATE TABLE client (
  customer TEXT NOT NULL,
  cuid TEXT NOT NULL,
  identity TEXT NOT NULL,
  last_mid INTEGER NOT NULL,
  mid_used INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  PRIMARY KEY (customer, cuid)
) STRICT, WITHOUT ROWID;

-- Pruned to the newest events; `id` only grows.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  outcome TEXT NOT NULL
) STRICT;
