-- What a customer wished to have erased keeps its place in the counts, without words and without
-- a name.

ALTER TABLE inbound_message ADD COLUMN erased_ms bigint;
ALTER TABLE outbound_message ADD COLUMN erased_ms bigint;

-- Conversations that were erased, for as long as something of theirs may still be on its way.
CREATE TABLE erasure (
    conversation uuid PRIMARY KEY,
    -- In its place, wherever it is counted.
    stand_in uuid NOT NULL,
    at_ms bigint NOT NULL
);

-- To find what is a customer's, and what is old.
CREATE INDEX inbound_message_customer ON inbound_message (business, customer);
CREATE INDEX inbound_message_received ON inbound_message (business, received_ms);
CREATE INDEX outbound_message_at ON outbound_message (business, at_ms);
