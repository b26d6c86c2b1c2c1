-- What each business knows: where it came from, and what it says.

-- Raised with every change, so that whoever holds a copy sees that it is old.
CREATE TABLE knowledge_version (
    business TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;

CREATE TABLE knowledge_source (
    business TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- Of what was imported, as it was.
    hash TEXT NOT NULL,
    imported_ms INTEGER NOT NULL,
    PRIMARY KEY (business, name)
) STRICT;

CREATE TABLE knowledge_entry (
    -- Of its business, its source and its key there.
    id BLOB NOT NULL PRIMARY KEY,
    business TEXT NOT NULL,
    source TEXT NOT NULL,
    -- From zero.
    position INTEGER NOT NULL,
    title TEXT,
    question TEXT,
    text TEXT NOT NULL,
    -- Of what it says.
    hash TEXT NOT NULL,
    FOREIGN KEY (business, source) REFERENCES knowledge_source (business, name) ON DELETE CASCADE
) STRICT;
CREATE INDEX knowledge_entry_source ON knowledge_entry (business, source, position);
