-- What was said and what came of it. Everything may arrive twice, late and out of order, so each
-- row takes what is known and waits for the rest. Times are milliseconds since the Unix epoch,
-- ids are the 16 bytes of a UUID.

-- A row with an outcome and no received_ms: the outcome came first.
CREATE TABLE inbound_message (
    id BLOB NOT NULL PRIMARY KEY,
    business TEXT,
    conversation BLOB,
    channel TEXT,
    provider_id TEXT,
    customer TEXT,
    kind TEXT,
    text TEXT,
    -- The whole message, to be published again, until there is an outcome.
    envelope TEXT,
    received_ms INTEGER,
    outcome TEXT,
    turn INTEGER,
    settled_ms INTEGER,
    sweeps INTEGER NOT NULL DEFAULT 0,
    swept_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX inbound_message_conversation ON inbound_message (conversation, received_ms);
CREATE INDEX inbound_message_unsettled ON inbound_message (received_ms) WHERE outcome IS NULL;

CREATE TABLE outbound_message (
    reply BLOB NOT NULL,
    -- A long reply is sent as several messages.
    part INTEGER NOT NULL,
    business TEXT NOT NULL,
    conversation BLOB NOT NULL,
    provider_id TEXT,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    turn INTEGER,
    status TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (reply, part)
) STRICT;
CREATE INDEX outbound_message_conversation ON outbound_message (conversation, at_ms);

-- What the provider said became of a message. One column for each status: nothing can take one
-- back, in whatever order they arrive.
CREATE TABLE delivery (
    business TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    reply BLOB,
    sent_ms INTEGER,
    delivered_ms INTEGER,
    read_ms INTEGER,
    played_ms INTEGER,
    failed_ms INTEGER,
    error_code INTEGER,
    error TEXT,
    PRIMARY KEY (business, provider_id)
) STRICT;
