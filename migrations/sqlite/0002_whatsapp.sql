-- What a platform charges for and warns of, and what customers order.

-- As the provider told it; a later status without it takes nothing back.
ALTER TABLE delivery ADD COLUMN billable INTEGER;
ALTER TABLE delivery ADD COLUMN category TEXT;
ALTER TABLE delivery ADD COLUMN pricing_type TEXT;

-- It came with the history of an account, to be read and not to be answered.
ALTER TABLE inbound_message ADD COLUMN imported INTEGER NOT NULL DEFAULT FALSE;

-- To find what is ours among the messages of an imported history.
CREATE INDEX outbound_message_provider ON outbound_message (business, provider_id);

-- What an operator should know. Told twice, it has the same id.
CREATE TABLE alert (
    id BLOB NOT NULL PRIMARY KEY,
    business TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    resolved_ms INTEGER
) STRICT;
-- A trouble that is told again and again is one.
CREATE UNIQUE INDEX alert_open ON alert (business, kind, subject) WHERE resolved_ms IS NULL;
CREATE INDEX alert_at ON alert (at_ms);

-- The id is that of the message it came in.
CREATE TABLE customer_order (
    id BLOB NOT NULL PRIMARY KEY,
    business TEXT NOT NULL,
    conversation BLOB NOT NULL,
    catalog_id TEXT,
    text TEXT,
    received_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_order_received ON customer_order (business, received_ms);
CREATE INDEX customer_order_conversation ON customer_order (conversation);

CREATE TABLE customer_order_item (
    customer_order BLOB NOT NULL REFERENCES customer_order (id) ON DELETE CASCADE,
    -- From zero.
    position INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    quantity REAL NOT NULL,
    -- Of one, as the customer's phone showed it.
    price REAL,
    currency TEXT,
    PRIMARY KEY (customer_order, position)
) STRICT;
