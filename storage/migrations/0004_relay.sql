-- Which relayed request a request to an upstream server belongs to.
ALTER TABLE mitigation ADD COLUMN relayed TEXT NOT NULL DEFAULT '';
