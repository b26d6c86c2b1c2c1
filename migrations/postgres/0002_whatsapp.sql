-- What a platform charges for and warns of, and what customers order.

-- As the provider told it; a later status without it takes nothing back.
ALTER TABLE delivery ADD COLUMN billable boolean;
ALTER TABLE delivery ADD COLUMN category text;
ALTER TABLE delivery ADD COLUMN pricing_type text;

-- It came with the history of an account, to be read and not to be answered.
ALTER TABLE inbound_message ADD COLUMN imported boolean NOT NULL DEFAULT false;

-- To find what is ours among the messages of an imported history.
CREATE INDEX outbound_message_provider ON outbound_message (business, provider_id);

-- What an operator should know. Told twice, it has the same id.
CREATE TABLE alert (
    id uuid PRIMARY KEY,
    business text NOT NULL,
    kind text NOT NULL,
    severity text NOT NULL,
    subject text NOT NULL,
    details text NOT NULL,
    at_ms bigint NOT NULL,
    resolved_ms bigint
);
-- A trouble that is told again and again is one.
CREATE UNIQUE INDEX alert_open ON alert (business, kind, subject) WHERE resolved_ms IS NULL;
CREATE INDEX alert_at ON alert (at_ms);

-- The id is that of the message it came in.
CREATE TABLE customer_order (
    id uuid PRIMARY KEY,
    business text NOT NULL,
    conversation uuid NOT NULL,
    catalog_id text,
    text text,
    received_ms bigint NOT NULL
);
CREATE INDEX customer_order_received ON customer_order (business, received_ms);
CREATE INDEX customer_order_conversation ON customer_order (conversation);

CREATE TABLE customer_order_item (
    customer_order uuid NOT NULL REFERENCES customer_order (id) ON DELETE CASCADE,
    -- From zero.
    position integer NOT NULL,
    product_id text NOT NULL,
    quantity double precision NOT NULL,
    -- Of one, as the customer's phone showed it.
    price double precision,
    currency text,
    PRIMARY KEY (customer_order, position)
);
