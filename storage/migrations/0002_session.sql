-- The session configuration that a peer negotiated last; an empty body stands
-- for the defaults, the sid stays: a lower one is a replay.
CREATE TABLE session (
  customer TEXT NOT NULL,
  identity TEXT NOT NULL,
  sid INTEGER NOT NULL,
  body BLOB NOT NULL,
  changed INTEGER NOT NULL,
  PRIMARY KEY (customer, identity)
) STRICT, WITHOUT ROWID;
