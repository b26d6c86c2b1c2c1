-- What each entry means, as vectors of an embedding model, and what answers were taken from.

CREATE TABLE knowledge_vector (
    entry BLOB NOT NULL REFERENCES knowledge_entry (id) ON DELETE CASCADE,
    business TEXT NOT NULL,
    model TEXT NOT NULL,
    -- The entry's, of what it said then.
    hash TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    -- Of its business, in the order in which they were written.
    number INTEGER NOT NULL,
    -- 32-bit floats, the lowest byte first.
    bytes BLOB,
    PRIMARY KEY (entry, model)
) STRICT;
CREATE INDEX knowledge_vector_number ON knowledge_vector (business, model, number);

-- Who makes vectors for a business, until when, and how often any were written.
CREATE TABLE knowledge_indexing (
    business TEXT NOT NULL PRIMARY KEY,
    holder BLOB,
    until_ms INTEGER NOT NULL DEFAULT 0,
    written INTEGER NOT NULL DEFAULT 0
) STRICT;

-- How much an embedding model counts beside the words, as it was measured.
CREATE TABLE knowledge_weight (
    model TEXT NOT NULL,
    language TEXT NOT NULL,
    weight REAL NOT NULL,
    probes INTEGER NOT NULL,
    -- How many of the probes found their entry by words alone, and with the weight.
    by_words INTEGER NOT NULL,
    with_weight INTEGER NOT NULL,
    PRIMARY KEY (model, language)
) STRICT;

-- Not bound to the entry, which may change or go while what was said stays said.
CREATE TABLE outbound_source (
    reply BLOB NOT NULL,
    -- From zero.
    position INTEGER NOT NULL,
    entry BLOB NOT NULL,
    name TEXT NOT NULL,
    quote TEXT,
    PRIMARY KEY (reply, position)
) STRICT;
CREATE INDEX outbound_source_entry ON outbound_source (entry);
