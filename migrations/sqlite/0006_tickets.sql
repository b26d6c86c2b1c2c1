-- What is with a person: each question with all that was said around it, what persons released,
-- and how far whoever shows it to them has come. Filled by messages that may come twice, late and
-- out of order.

CREATE TABLE ticket (
    id BLOB NOT NULL PRIMARY KEY,
    business TEXT NOT NULL,
    conversation BLOB NOT NULL,
    -- Of the highest step that arrived.
    state TEXT NOT NULL,
    step INTEGER NOT NULL,
    -- Absent until its opening has arrived.
    reason TEXT,
    summary TEXT,
    language TEXT,
    customer_name TEXT,
    customer_phone TEXT,
    customer_user TEXT,
    assigned TEXT,
    opened_ms INTEGER,
    changed_ms INTEGER NOT NULL,
    answered_ms INTEGER,
    closed_ms INTEGER,
    reminded_ms INTEGER,
    escalated_ms INTEGER,
    -- When to look next whether something is due.
    due_ms INTEGER NOT NULL,
    -- Raised with every change; a desk that has shown this one has shown everything.
    version INTEGER NOT NULL DEFAULT 1,
    shown_version INTEGER NOT NULL DEFAULT 0,
    -- The desk's own id of it.
    page TEXT,
    -- A page was asked for, and may be there although nobody knows it.
    page_asked INTEGER NOT NULL DEFAULT 0,
    -- Lines were written, and may be there although nobody knows it.
    lines_asked INTEGER NOT NULL DEFAULT 0,
    -- What was last written to the page, and our state as it was last written there.
    page_print TEXT,
    page_state TEXT,
    -- What was last seen on the page and acted upon.
    seen TEXT,
    -- Who shows it now, and until when; what failed waits.
    claimed_by BLOB,
    claimed_ms INTEGER NOT NULL DEFAULT 0,
    retry_ms INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    -- What became of its answer as knowledge.
    candidate BLOB,
    learning_revision INTEGER,
    learning TEXT,
    proposal TEXT,
    learning_why TEXT,
    helped INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX ticket_conversation ON ticket (conversation, state);
CREATE INDEX ticket_page ON ticket (business, page);
CREATE INDEX ticket_unshown ON ticket (business, retry_ms) WHERE shown_version < version;
CREATE INDEX ticket_due ON ticket (due_ms) WHERE state <> 'closed';

CREATE TABLE ticket_note (
    ticket BLOB NOT NULL,
    key BLOB NOT NULL,
    -- customer, bot, person or event.
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    media TEXT,
    file TEXT,
    at_ms INTEGER NOT NULL,
    shown INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (ticket, key)
) STRICT;

-- What a person released, with what became of it.
CREATE TABLE ticket_release (
    ticket BLOB NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    attachments TEXT NOT NULL,
    author TEXT,
    at_ms INTEGER NOT NULL,
    -- The reply that said it last.
    reply BLOB,
    outcome TEXT,
    error_code INTEGER,
    -- A line each.
    provider_ids TEXT NOT NULL,
    said_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (ticket, number)
) STRICT;
CREATE INDEX ticket_release_reply ON ticket_release (reply);

-- Who asks a desk for what has changed, and up to when that is known.
CREATE TABLE desk_poll (
    business TEXT NOT NULL PRIMARY KEY,
    cursor_ms INTEGER NOT NULL DEFAULT 0,
    leased_by BLOB,
    leased_ms INTEGER NOT NULL DEFAULT 0,
    -- What the desk sent to be shown to it again.
    token TEXT
) STRICT;
