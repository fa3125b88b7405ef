"""The catalogue's schema.

A catalogue with another schema is recreated from the entry files, never migrated; only what
renamed files keep is taken over. Moments are integers, microseconds since the epoch; entries and
problems are JSON.
"""

from feedsvc.model import Entry, Problem
from feedsvc.storage.sqlite import Schema

FILE = "catalogue.sqlite3"
TABLES = """
CREATE TABLE state (
    revision INTEGER NOT NULL,         -- counts the batches that altered an entry
    complete INTEGER NOT NULL,         -- 1 once the first index is finished
    parse_fingerprint TEXT NOT NULL,   -- of what entry files were parsed with
    scanned INTEGER NOT NULL,          -- when the folder was last found in order
    degraded TEXT NOT NULL,            -- why it is not in order now: a code, or ''
    watch_fault TEXT NOT NULL,         -- why the kernel does not report all changes, or ''
    reader_deaths INTEGER NOT NULL,    -- counts the reading processes that died
    waiting TEXT NOT NULL,             -- JSON: Waiting, the files that are not complete yet
    identity TEXT NOT NULL,            -- differs from any other catalogue's, even of the same files
    sequence INTEGER NOT NULL          -- the highest ever used in entry and deleted
);
INSERT INTO state VALUES (
    0, 0, '', 0, '', '', 0, '{"count":0,"files":[]}', lower(hex(randomblob(8))), 0
);
CREATE TABLE file (
    path TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,  -- if it differs, or is '', the file is read again
    changed INTEGER NOT NULL DEFAULT 0, -- when the file was put there or changed (its ctime)
    claimed_id TEXT,            -- what the file claims, if another file owns that
    claimed_guid TEXT,
    copy_of TEXT,               -- the path of another file with the same text, which is published
    kept TEXT,                  -- the home that the entry keeps, though its file was renamed
    named_files TEXT,           -- JSON: paths of other files that the entry names
    content BLOB,               -- these three as in Reading; of a copy, too
    inode INTEGER,
    home TEXT,
    id TEXT UNIQUE,             -- from here on, the last good version
    guid TEXT UNIQUE,
    status TEXT,
    published INTEGER,
    updated INTEGER,
    month TEXT,
    title TEXT,
    page TEXT,
    expires INTEGER,
    pinned INTEGER,
    digest BLOB,
    data BLOB
);
CREATE INDEX file_changed ON file (changed, path);
CREATE INDEX file_stale ON file (path) WHERE fingerprint = '';
CREATE INDEX file_naming ON file (path) WHERE named_files IS NOT NULL;
CREATE INDEX file_conflict ON file (claimed_id) WHERE claimed_id IS NOT NULL;
CREATE INDEX file_content ON file (content, published) WHERE id IS NOT NULL;
CREATE INDEX file_copy ON file (copy_of) WHERE copy_of IS NOT NULL;
CREATE TABLE gone (             -- texts whose files are gone, for when they come back
    id TEXT PRIMARY KEY,
    content BLOB NOT NULL,
    published INTEGER NOT NULL,
    home TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX gone_content ON gone (content, published);
CREATE TABLE held (             -- files that went in a mishap, and whose entries stay for that
    path TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE entry (
    id TEXT PRIMARY KEY,
    path TEXT,                  -- the file it comes from; NULL if that is gone
    status TEXT NOT NULL,       -- as in Entry, or 'removed'
    published INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    month TEXT NOT NULL,        -- of publication, in the site's time zone: 2014-08
    title TEXT NOT NULL,
    page TEXT NOT NULL,         -- the path of its page
    expires INTEGER,            -- when it ceases to be public; NULL if never
    pinned INTEGER,             -- until when it is pinned; NULL if it is not
    digest BLOB NOT NULL,
    sequence INTEGER NOT NULL   -- higher than in every row written before
) WITHOUT ROWID;
CREATE INDEX entry_sequence ON entry (sequence, status, published);
CREATE INDEX entry_published ON entry (status, published, id, expires);
CREATE INDEX entry_month ON entry (status, month, published, id, expires);
CREATE INDEX entry_moment ON entry (published);
CREATE INDEX entry_updated ON entry (updated);
CREATE INDEX entry_expires ON entry (expires, sequence) WHERE expires IS NOT NULL;
CREATE INDEX entry_pinned ON entry (pinned) WHERE pinned IS NOT NULL;
CREATE TABLE deleted (
    sequence INTEGER PRIMARY KEY, -- as in entry
    id TEXT NOT NULL UNIQUE     -- of an entry that was not public when its file went
);
CREATE TABLE category (
    slug TEXT NOT NULL,
    published INTEGER NOT NULL, -- these columns repeat the entry's
    id TEXT NOT NULL,
    month TEXT NOT NULL,
    expires INTEGER,
    label TEXT NOT NULL,
    PRIMARY KEY (slug, published, id)
) WITHOUT ROWID;
CREATE INDEX category_id ON category (id);
CREATE INDEX category_month ON category (slug, month, published, id, expires);
CREATE TABLE language (         -- of published entries that name theirs
    tag TEXT NOT NULL,          -- in small letters
    lang TEXT NOT NULL,         -- as in Entry
    published INTEGER NOT NULL, -- these columns repeat the entry's
    id TEXT NOT NULL,
    expires INTEGER,
    PRIMARY KEY (tag, published, id)
) WITHOUT ROWID;
CREATE INDEX language_id ON language (id);
CREATE TABLE translation (
    id TEXT PRIMARY KEY,        -- of an entry whose file is there
    name TEXT NOT NULL,         -- these columns are as in Original
    address TEXT NOT NULL,
    line INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX translation_name ON translation (name);
CREATE INDEX translation_address ON translation (address);
CREATE TABLE alias (
    alias TEXT NOT NULL,        -- an old address of the entry (urls.old_address)
    id TEXT NOT NULL,
    PRIMARY KEY (alias, id)
) WITHOUT ROWID;
CREATE INDEX alias_id ON alias (id);
CREATE TABLE problem (
    path TEXT NOT NULL,
    data BLOB NOT NULL,
    is_unread INTEGER NOT NULL  -- 1: of a file that is no entry, nor part of one
);
CREATE INDEX problem_unread ON problem (path) WHERE is_unread;
CREATE INDEX problem_path ON problem (path);
"""
SCHEMA = Schema(
    TABLES,
    stored=(Entry, Problem),
    # Nothing else says which id a renamed file keeps.
    carried="SELECT path, kept FROM file WHERE kept IS NOT NULL",
    carry="INSERT INTO file (path, fingerprint, kept) VALUES (?, '', ?)",
)
