-- What is with a person: each question with all that was said around it, what persons released,
-- and how far whoever shows it to them has come. Filled by messages that may come twice, late and
-- out of order.

CREATE TABLE ticket (
    id uuid PRIMARY KEY,
    business text NOT NULL,
    conversation uuid NOT NULL,
    -- Of the highest step that arrived.
    state text NOT NULL,
    step integer NOT NULL,
    -- Absent until its opening has arrived.
    reason text,
    summary text,
    language text,
    customer_name text,
    customer_phone text,
    customer_user text,
    assigned text,
    opened_ms bigint,
    changed_ms bigint NOT NULL,
    answered_ms bigint,
    closed_ms bigint,
    reminded_ms bigint,
    escalated_ms bigint,
    -- When to look next whether something is due.
    due_ms bigint NOT NULL,
    -- Raised with every change; a desk that has shown this one has shown everything.
    version bigint NOT NULL DEFAULT 1,
    shown_version bigint NOT NULL DEFAULT 0,
    -- The desk's own id of it.
    page text,
    -- A page was asked for, and may be there although nobody knows it.
    page_asked boolean NOT NULL DEFAULT false,
    -- Lines were written, and may be there although nobody knows it.
    lines_asked boolean NOT NULL DEFAULT false,
    -- What was last written to the page, and our state as it was last written there.
    page_print text,
    page_state text,
    -- What was last seen on the page and acted upon.
    seen text,
    -- Who shows it now, and until when; what failed waits.
    claimed_by uuid,
    claimed_ms bigint NOT NULL DEFAULT 0,
    retry_ms bigint NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    -- What became of its answer as knowledge.
    candidate uuid,
    learning_revision bigint,
    learning text,
    proposal text,
    learning_why text,
    helped bigint NOT NULL DEFAULT 0
);
CREATE INDEX ticket_conversation ON ticket (conversation, state);
CREATE INDEX ticket_page ON ticket (business, page);
CREATE INDEX ticket_unshown ON ticket (business, retry_ms) WHERE shown_version < version;
CREATE INDEX ticket_due ON ticket (due_ms) WHERE state <> 'closed';

CREATE TABLE ticket_note (
    ticket uuid NOT NULL,
    key uuid NOT NULL,
    -- customer, bot, person or event.
    kind text NOT NULL,
    text text NOT NULL,
    media text,
    file text,
    at_ms bigint NOT NULL,
    shown boolean NOT NULL DEFAULT false,
    PRIMARY KEY (ticket, key)
);

-- What a person released, with what became of it.
CREATE TABLE ticket_release (
    ticket uuid NOT NULL,
    number integer NOT NULL,
    text text NOT NULL,
    attachments text NOT NULL,
    author text,
    at_ms bigint NOT NULL,
    -- The reply that said it last.
    reply uuid,
    outcome text,
    error_code bigint,
    -- A line each.
    provider_ids text NOT NULL,
    said_ms bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (ticket, number)
);
CREATE INDEX ticket_release_reply ON ticket_release (reply);

-- Who asks a desk for what has changed, and up to when that is known.
CREATE TABLE desk_poll (
    business text NOT NULL PRIMARY KEY,
    cursor_ms bigint NOT NULL DEFAULT 0,
    leased_by uuid,
    leased_ms bigint NOT NULL DEFAULT 0,
    -- What the desk sent to be shown to it again.
    token text
);
