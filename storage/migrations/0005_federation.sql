-- How many gateways a request may still pass, the domain that it is from, and
-- the mitigators that an administrator chose.
ALTER TABLE mitigation ADD COLUMN hop_limit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mitigation ADD COLUMN cdid TEXT NOT NULL DEFAULT '';
ALTER TABLE mitigation ADD COLUMN chosen TEXT NOT NULL DEFAULT '';
