-- What was said and what came of it. Everything may arrive twice, late and out of order, so each
-- row takes what is known and waits for the rest. Times are milliseconds since the Unix epoch.

-- A row with an outcome and no received_ms: the outcome came first.
CREATE TABLE inbound_message (
    id uuid PRIMARY KEY,
    business text,
    conversation uuid,
    channel text,
    provider_id text,
    customer text,
    kind text,
    text text,
    -- The whole message, to be published again, until there is an outcome. Not jsonb, which
    -- refuses an escaped NUL.
    envelope text,
    received_ms bigint,
    outcome text,
    turn bigint,
    settled_ms bigint,
    sweeps bigint NOT NULL DEFAULT 0,
    swept_ms bigint NOT NULL DEFAULT 0
);
CREATE INDEX inbound_message_conversation ON inbound_message (conversation, received_ms);
CREATE INDEX inbound_message_unsettled ON inbound_message (received_ms) WHERE outcome IS NULL;

CREATE TABLE outbound_message (
    reply uuid NOT NULL,
    -- A long reply is sent as several messages.
    part integer NOT NULL,
    business text NOT NULL,
    conversation uuid NOT NULL,
    provider_id text,
    author text NOT NULL,
    text text NOT NULL,
    turn bigint,
    status text NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (reply, part)
);
CREATE INDEX outbound_message_conversation ON outbound_message (conversation, at_ms);

-- What the provider said became of a message. One column for each status: nothing can take one
-- back, in whatever order they arrive.
CREATE TABLE delivery (
    business text NOT NULL,
    provider_id text NOT NULL,
    reply uuid,
    sent_ms bigint,
    delivered_ms bigint,
    read_ms bigint,
    played_ms bigint,
    failed_ms bigint,
    error_code bigint,
    error text,
    PRIMARY KEY (business, provider_id)
);
