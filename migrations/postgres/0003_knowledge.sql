-- What each business knows: where it came from, and what it says.

-- Raised with every change, so that whoever holds a copy sees that it is old.
CREATE TABLE knowledge_version (
    business text PRIMARY KEY,
    number bigint NOT NULL
);

CREATE TABLE knowledge_source (
    business text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    -- Of what was imported, as it was.
    hash text NOT NULL,
    imported_ms bigint NOT NULL,
    PRIMARY KEY (business, name)
);

CREATE TABLE knowledge_entry (
    -- Of its business, its source and its key there.
    id uuid PRIMARY KEY,
    business text NOT NULL,
    source text NOT NULL,
    -- From zero.
    position integer NOT NULL,
    title text,
    question text,
    text text NOT NULL,
    -- Of what it says.
    hash text NOT NULL,
    FOREIGN KEY (business, source) REFERENCES knowledge_source (business, name) ON DELETE CASCADE
);
CREATE INDEX knowledge_entry_source ON knowledge_entry (business, source, position);
