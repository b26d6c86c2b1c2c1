-- What each entry means, as vectors of an embedding model, and what answers were taken from.

CREATE TABLE knowledge_vector (
    entry uuid NOT NULL REFERENCES knowledge_entry (id) ON DELETE CASCADE,
    business text NOT NULL,
    model text NOT NULL,
    -- The entry's, of what it said then.
    hash text NOT NULL,
    dimensions integer NOT NULL,
    -- Of its business, in the order in which they were written.
    number bigint NOT NULL,
    -- 32-bit floats, the lowest byte first; where pgvector is, a column of its own has them.
    bytes bytea,
    PRIMARY KEY (entry, model)
);
CREATE INDEX knowledge_vector_number ON knowledge_vector (business, model, number);

-- Who makes vectors for a business, until when, and how often any were written.
CREATE TABLE knowledge_indexing (
    business text NOT NULL PRIMARY KEY,
    holder uuid,
    until_ms bigint NOT NULL DEFAULT 0,
    written bigint NOT NULL DEFAULT 0
);

-- How much an embedding model counts beside the words, as it was measured.
CREATE TABLE knowledge_weight (
    model text NOT NULL,
    language text NOT NULL,
    weight real NOT NULL,
    probes bigint NOT NULL,
    -- How many of the probes found their entry by words alone, and with the weight.
    by_words bigint NOT NULL,
    with_weight bigint NOT NULL,
    PRIMARY KEY (model, language)
);

-- Not bound to the entry, which may change or go while what was said stays said.
CREATE TABLE outbound_source (
    reply uuid NOT NULL,
    -- From zero.
    position integer NOT NULL,
    entry uuid NOT NULL,
    name text NOT NULL,
    quote text,
    PRIMARY KEY (reply, position)
);
CREATE INDEX outbound_source_entry ON outbound_source (entry);
