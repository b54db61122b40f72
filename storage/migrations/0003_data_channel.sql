-- The data channel (RFC 8783): registered clients, and their aliases and ACLs
-- as canonical JSON.
CREATE TABLE data_client (
  customer TEXT NOT NULL,
  cuid TEXT NOT NULL,
  identity TEXT NOT NULL,
  cdid TEXT NOT NULL,
  version INTEGER NOT NULL,
  aliases_version INTEGER NOT NULL,
  acls_version INTEGER NOT NULL,
  PRIMARY KEY (customer, cuid)
) STRICT, WITHOUT ROWID;

-- `kind`: 1 alias, 2 ACL. `place` orders the entries of a client.
CREATE TABLE data_entry (
  customer TEXT NOT NULL,
  cuid TEXT NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  place INTEGER NOT NULL,
  version INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (customer, cuid, kind, name)
) STRICT, WITHOUT ROWID;

-- What the aliases of a request stood for when it was accepted.
ALTER TABLE mitigation ADD COLUMN aliased BLOB NOT NULL DEFAULT x'';
