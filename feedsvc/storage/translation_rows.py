"""Queries for translations: which entries are versions of each other.

Files say that one is a translation of another (`model.Original`), by its id or its file's name.
What a name means is found out when it is asked for, so a link needs no second reading when the
file that it names comes, goes or gets another id.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from feedsvc.model import Problem, Version
from feedsvc.storage.rows import Rows

# The most versions of one entry: there are fewer languages to publish in.
MAX_VERSIONS = 100
# The most links between two versions, and the most links that are followed at once: more are
# no translations, but a mistake in many files.
_MAX_STEPS = 10
_MAX_LINKS = 5000
# The entry that a row of `translation` names: by its id, or by the name of its file.
_NAMED = """coalesce(
    (SELECT file.id FROM file WHERE file.id = name),
    (SELECT alias.id FROM alias JOIN file USING (id) WHERE alias.alias = address
        ORDER BY file.published, alias.id LIMIT 1))"""
# What versions have in common: the id of an entry, a name that there is not yet, or one that
# all of them share. No id contains these signs.
_LINKED = f"iif(address = '', '=' || name, ifnull({_NAMED}, '?' || name))"
# The links of these entries to what they name, and those of others that name these.
_UP = f"""
    SELECT translation.id, {_LINKED} FROM json_each(?1)
        CROSS JOIN translation ON translation.id = value LIMIT ?2"""  # noqa: S608 - ours alone
_DOWN = f"""
    SELECT translation.id, value FROM json_each(?1) CROSS JOIN translation
        ON name = iif(value GLOB '[=?]*', substr(value, 2), value)
        AND (address = '') = (value GLOB '=*')
    UNION ALL SELECT translation.id, value FROM json_each(?1)
        CROSS JOIN alias ON alias.id = value JOIN translation ON address = alias.alias
        WHERE {_NAMED} = value
    LIMIT ?2"""  # noqa: S608 - ours alone
_encode = msgspec.json.encode


class TranslationRows(Rows):
    """The part of a snapshot that knows of translations."""

    def has_translations(self) -> bool:
        """Return whether any file says that it is a translation."""
        return bool(self.one_row("SELECT EXISTS (SELECT 1 FROM translation)")[0])

    def translations(self) -> list[str]:
        """Return the ids of all entries that are said to be translations."""
        return [entry_id for (entry_id,) in self.all_rows("SELECT id FROM translation")]

    def versions(self, ids: Iterable[str], now: int) -> dict[str, tuple[Version, ...]]:
        """Return the versions, public at `now`, of these entries and of all their versions.

        They are returned by the id of each, itself included, the first published first; an
        entry that has no other version is left out.
        """
        groups = self._groups(ids)
        members: defaultdict[str, list[tuple[str, Version]]] = defaultdict(list)
        rows = self.all_rows(
            "SELECT entry.id, page, lang, translation.id IS NULL FROM json_each(?)"
            " CROSS JOIN entry ON entry.id = value LEFT JOIN language ON language.id = entry.id"
            " LEFT JOIN translation ON translation.id = entry.id"
            " WHERE status = 'published' AND entry.published <= ?"
            " AND (entry.expires IS NULL OR entry.expires > ?) ORDER BY entry.published, entry.id",
            _encode(tuple(groups)),
            now,
            now,
        )
        for entry_id, page, lang, is_original in rows:
            group = members[groups[entry_id]]
            if len(group) < MAX_VERSIONS:
                group.append((entry_id, Version(page, lang, bool(is_original))))
        return {
            entry_id: tuple(version for _, version in group)
            for group in members.values()
            for entry_id, _ in group
            if len(group) > 1
        }

    def _groups(self, ids: Iterable[str]) -> dict[str, str]:
        """Return which entries belong together: a name of the group by each one's id."""
        leaders: dict[str, str] = {}

        def leader(node: str) -> str:
            while (above := leaders.setdefault(node, node)) != node:
                leaders[node] = node = leaders[above]
            return node

        reached = set(ids)
        for _ in range(_MAX_STEPS):
            links = self._links(reached)
            known = {*leaders}
            for one, other in links:
                leaders[leader(one)] = leader(other)
            reached = leaders.keys() - known
            if not reached:
                break
        return {node: leader(node) for node in [*leaders] if node[0] not in "=?"}

    def _links(self, nodes: Iterable[str]) -> list[tuple[str, str]]:
        """Return pairs of what is linked, one of each being among these."""
        nodes = tuple(nodes)
        asked, limit = _encode(nodes), _MAX_LINKS + 2 * len(nodes)
        return [row for query in (_UP, _DOWN) for row in self.all_rows(query, asked, limit)]

    def translation_problems(self) -> list[Problem]:
        """Return the problems of files that name as the original what is none."""
        # From the translations, which are few, to their files; the planner may think the other way.
        rows = self.all_rows(
            f"SELECT path, line, name, {_NAMED} AS named"  # noqa: S608
            " FROM translation CROSS JOIN file USING (id)"
            " WHERE line > 0 AND address <> '' AND (named IS NULL OR ("
            "  SELECT status FROM entry WHERE entry.id = named) = 'published'"
            " AND file.status = 'published'"
            " AND ifnull((SELECT tag FROM language WHERE language.id = file.id), '')"
            "  = ifnull((SELECT tag FROM language WHERE language.id = named), ''))"
        )
        return [
            Problem(
                path,
                line,
                "translation-unknown" if named is None else "translation-same",
                (("value", name),),
            )
            for path, line, name, named in rows
        ]
