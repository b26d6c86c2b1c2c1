-- What specialists' answers taught, what customers made of what they were told, and how sure an
-- answer must be.

CREATE TABLE learning_candidate (
    -- Of the message that brought it.
    id uuid PRIMARY KEY,
    business text NOT NULL,
    -- Absent once its customer was erased.
    conversation uuid,
    ticket text NOT NULL,
    question text NOT NULL,
    answer text NOT NULL,
    language text NOT NULL,
    state text NOT NULL,
    why text,
    -- Raised with every change.
    revision bigint NOT NULL,
    -- The last that whoever shows it was told of.
    told bigint NOT NULL DEFAULT 0,
    -- The entry that it is, or that it is another way to ask for.
    entry uuid,
    helped bigint NOT NULL DEFAULT 0,
    created_ms bigint NOT NULL,
    changed_ms bigint NOT NULL,
    reviewed_ms bigint,
    expires_ms bigint
);
CREATE INDEX learning_candidate_state ON learning_candidate (business, state, created_ms);
CREATE INDEX learning_candidate_entry ON learning_candidate (entry);
CREATE INDEX learning_candidate_conversation ON learning_candidate (conversation);
CREATE INDEX learning_candidate_untold ON learning_candidate (changed_ms) WHERE told < revision;
CREATE INDEX learning_candidate_expires ON learning_candidate (expires_ms)
    WHERE state = 'published';

-- The documents that a candidate was checked against.
CREATE TABLE learning_basis (
    candidate uuid NOT NULL REFERENCES learning_candidate (id) ON DELETE CASCADE,
    source text NOT NULL,
    -- Of the source as it was.
    hash text NOT NULL,
    -- Those of its passages that were nearest, a line each.
    passages text NOT NULL,
    PRIMARY KEY (candidate, source)
);

-- Each time that a customer was told an entry or offered it, and what came of it.
CREATE TABLE knowledge_use (
    -- Of the message that asked, and the entry's place.
    id uuid PRIMARY KEY,
    business text NOT NULL,
    conversation uuid NOT NULL,
    turn bigint NOT NULL,
    entry uuid NOT NULL,
    kind text NOT NULL,
    -- From zero; what is offered has several.
    place integer NOT NULL,
    -- In the first hit; absent where nothing was judged.
    confidence double precision,
    question text NOT NULL,
    at_ms bigint NOT NULL,
    outcome text,
    why text,
    -- How many facts the outcome was judged from: more count more.
    facts bigint NOT NULL DEFAULT 0,
    -- Whether what follows from the outcome was done.
    weighed boolean NOT NULL DEFAULT false
);
CREATE INDEX knowledge_use_conversation ON knowledge_use (conversation, at_ms);
CREATE INDEX knowledge_use_entry ON knowledge_use (entry, at_ms);
CREATE INDEX knowledge_use_business ON knowledge_use (business, at_ms);
CREATE INDEX knowledge_use_unweighed ON knowledge_use (at_ms)
    WHERE outcome IS NOT NULL AND NOT weighed;

-- What a conversation did that tells whether an answer was right. Kept for a few weeks.
CREATE TABLE knowledge_sign (
    -- Of the message that it was seen in, and the kind.
    id uuid PRIMARY KEY,
    business text NOT NULL,
    conversation uuid NOT NULL,
    turn bigint,
    kind text NOT NULL,
    -- What was asked, or the id of what was tapped.
    question text,
    -- What a specialist answered.
    answer text,
    at_ms bigint NOT NULL
);
CREATE INDEX knowledge_sign_conversation ON knowledge_sign (conversation, at_ms);
CREATE INDEX knowledge_sign_at ON knowledge_sign (at_ms);

-- How sure an answer must be; the highest number counts.
CREATE TABLE knowledge_calibration (
    business text NOT NULL,
    number bigint NOT NULL,
    -- Absent: only what is asked in an entry's own words is answered.
    cut double precision,
    promise double precision NOT NULL,
    labels bigint NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (business, number)
);
