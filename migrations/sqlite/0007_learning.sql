-- What specialists' answers taught, what customers made of what they were told, and how sure an
-- answer must be.

CREATE TABLE learning_candidate (
    -- Of the message that brought it.
    id BLOB NOT NULL PRIMARY KEY,
    business TEXT NOT NULL,
    -- Absent once its customer was erased.
    conversation BLOB,
    ticket TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    why TEXT,
    -- Raised with every change.
    revision INTEGER NOT NULL,
    -- The last that whoever shows it was told of.
    told INTEGER NOT NULL DEFAULT 0,
    -- The entry that it is, or that it is another way to ask for.
    entry BLOB,
    helped INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    reviewed_ms INTEGER,
    expires_ms INTEGER
) STRICT;
CREATE INDEX learning_candidate_state ON learning_candidate (business, state, created_ms);
CREATE INDEX learning_candidate_entry ON learning_candidate (entry);
CREATE INDEX learning_candidate_conversation ON learning_candidate (conversation);
CREATE INDEX learning_candidate_untold ON learning_candidate (changed_ms) WHERE told < revision;
CREATE INDEX learning_candidate_expires ON learning_candidate (expires_ms)
    WHERE state = 'published';

-- The documents that a candidate was checked against.
CREATE TABLE learning_basis (
    candidate BLOB NOT NULL REFERENCES learning_candidate (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    -- Of the source as it was.
    hash TEXT NOT NULL,
    -- Those of its passages that were nearest, a line each.
    passages TEXT NOT NULL,
    PRIMARY KEY (candidate, source)
) STRICT;

-- Each time that a customer was told an entry or offered it, and what came of it.
CREATE TABLE knowledge_use (
    -- Of the message that asked, and the entry's place.
    id BLOB NOT NULL PRIMARY KEY,
    business TEXT NOT NULL,
    conversation BLOB NOT NULL,
    turn INTEGER NOT NULL,
    entry BLOB NOT NULL,
    kind TEXT NOT NULL,
    -- From zero; what is offered has several.
    place INTEGER NOT NULL,
    -- In the first hit; absent where nothing was judged.
    confidence REAL,
    question TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    outcome TEXT,
    why TEXT,
    -- How many facts the outcome was judged from: more count more.
    facts INTEGER NOT NULL DEFAULT 0,
    -- Whether what follows from the outcome was done.
    weighed INTEGER NOT NULL DEFAULT FALSE
) STRICT;
CREATE INDEX knowledge_use_conversation ON knowledge_use (conversation, at_ms);
CREATE INDEX knowledge_use_entry ON knowledge_use (entry, at_ms);
CREATE INDEX knowledge_use_business ON knowledge_use (business, at_ms);
CREATE INDEX knowledge_use_unweighed ON knowledge_use (at_ms)
    WHERE outcome IS NOT NULL AND NOT weighed;

-- What a conversation did that tells whether an answer was right. Kept for a few weeks.
CREATE TABLE knowledge_sign (
    -- Of the message that it was seen in, and the kind.
    id BLOB NOT NULL PRIMARY KEY,
    business TEXT NOT NULL,
    conversation BLOB NOT NULL,
    turn INTEGER,
    kind TEXT NOT NULL,
    -- What was asked, or the id of what was tapped.
    question TEXT,
    -- What a specialist answered.
    answer TEXT,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX knowledge_sign_conversation ON knowledge_sign (conversation, at_ms);
CREATE INDEX knowledge_sign_at ON knowledge_sign (at_ms);

-- How sure an answer must be; the highest number counts.
CREATE TABLE knowledge_calibration (
    business TEXT NOT NULL,
    number INTEGER NOT NULL,
    -- Absent: only what is asked in an entry's own words is answered.
    cut REAL,
    promise REAL NOT NULL,
    labels INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (business, number)
) STRICT;
