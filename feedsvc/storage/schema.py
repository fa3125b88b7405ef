"""The catalogue's tables.

A catalogue of another version is rebuilt from the files, never migrated. Moments
are whole microseconds since the epoch, entries are JSON.
"""

from feedsvc.storage.sqlite import Form

FILE = "catalogue.sqlite3"
# Raise it with every change of the tables, of Entry, or of what is made of a file.
VERSION = 5
SCHEMA = """
CREATE TABLE state (
    revision INTEGER NOT NULL,  -- one step for each batch that alters an entry
    changed INTEGER NOT NULL,   -- when that was
    whole INTEGER NOT NULL,     -- 1 once the first index is finished
    shaped_by TEXT NOT NULL,    -- the settings that entries were parsed with
    shown_by TEXT NOT NULL,     -- what documents were rendered with: all settings, and the program
    scanned INTEGER NOT NULL,   -- when the directory was last found in order
    degraded TEXT NOT NULL,     -- why it is not now: a word, or ''
    identity TEXT NOT NULL,     -- no other catalogue has it, not even one of the same files
    step INTEGER NOT NULL       -- the highest in entry that there ever was
);
INSERT INTO state VALUES (0, 0, 0, '', '', 0, '', lower(hex(randomblob(8))), 0);
CREATE TABLE file (
    path TEXT PRIMARY KEY,
    stamp TEXT NOT NULL,        -- another one, or '', says: to be read again
    wants_id TEXT,              -- what the file says now, where another one holds it
    wants_guid TEXT,
    names TEXT,                 -- paths of other files that the entry names, in JSON
    id TEXT UNIQUE,             -- from here on, the last good reading
    guid TEXT UNIQUE,
    status TEXT,
    published INTEGER,
    updated INTEGER,
    month TEXT,
    title TEXT,
    digest BLOB,
    data BLOB
);
CREATE INDEX file_stale ON file (path) WHERE stamp = '';
CREATE INDEX file_naming ON file (path) WHERE names IS NOT NULL;
CREATE INDEX file_wanting ON file (wants_id) WHERE wants_id IS NOT NULL;
CREATE TABLE entry (
    id TEXT PRIMARY KEY,
    path TEXT,                  -- the file it comes from; NULL once that is gone
    status TEXT NOT NULL,       -- as in Entry, or 'removed'
    published INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    month TEXT NOT NULL,        -- of the publication, in the site's time zone: 2014-08
    title TEXT NOT NULL,
    digest BLOB NOT NULL,
    step INTEGER NOT NULL       -- higher than that of every row written before: what changed since
) WITHOUT ROWID;
CREATE INDEX entry_step ON entry (step, status, published);
CREATE INDEX entry_published ON entry (status, published, id);
CREATE INDEX entry_month ON entry (status, month, published, id);
CREATE INDEX entry_moment ON entry (published);
CREATE INDEX entry_updated ON entry (updated);
CREATE TABLE category (
    slug TEXT NOT NULL,
    published INTEGER NOT NULL, -- as in file, of which these rows are a part
    id TEXT NOT NULL,
    month TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (slug, published, id)
) WITHOUT ROWID;
CREATE INDEX category_id ON category (id);
CREATE INDEX category_month ON category (slug, month, published, id);
CREATE TABLE problem (
    path TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX problem_path ON problem (path);
"""
FORM = Form(VERSION, SCHEMA)
