"""Everything that the audit of a pool tells, and whether it is one story."""

PAGE = 1000
MOST_PAGES = 100
GROWING = ("extended", "found-done", "size-found", "coalesced")
"""The kinds of lines that tell a new size of a volume."""


class History:
    def __init__(self, lines):
        """LINES of the audit, oldest first."""
        self.lines = lines

    @classmethod
    def read(cls, node):
        """Reads page after page; fails where the node does not answer, or says that the answer may be incomplete."""
        lines = []
        before = ""
        for _ in range(MOST_PAGES):
            page = node.order("GET", f"audit?limit={PAGE}{before}")
            if page["warning"]:
                raise ValueError(f"the audit may be incomplete: {page['warning']}")
            lines += page["lines"]
            if not page["next"]:
                return cls(lines[::-1])
            before = f"&before={page['next']}"
        raise ValueError(f"the audit has more than {MOST_PAGES * PAGE} lines")

    def sizes(self):
        """The size of each volume that is left, by its name."""
        sizes = {}
        for line in self.lines:
            if line["name"] and _tells_a_size(line):
                sizes[line["name"]] = line["toBytes"]
            elif line["kind"] == "volume-deleted":
                sizes.pop(line["name"], None)
        return sizes

    def growths(self, name):
        """Each time that the volume got a new size."""
        return [line for line in self.lines if line["kind"] in GROWING and line["name"] == name]

    def takeover(self, after):
        """The line of the takeover that ended the epoch AFTER."""
        return next(line for line in self.lines if line["kind"] == "taken-over" and line["epoch"] > after)

    def stepping_down(self, epoch):
        """The last line of an epoch that ended in order; None of one that did not."""
        found = [line for line in self.lines if line["kind"] == "stepped-down" and line["epoch"] == epoch]
        return found[-1] if found else None

    def contradictions(self):
        """What cannot be true of one pool: a hole, an entry told twice, a size from nowhere, an epoch that comes back.

        A void record is none of it: a former SPM may write one to the segment that is its own.
        """
        found = []
        told = set()
        sizes = {}
        latest = 0
        for line in self.lines:
            entry = (line["epoch"], line["sequence"])
            if line["kind"] == "hole":
                found.append(f"a gap: {line}")
            if line["sequence"] > 0 and entry in told:
                found.append(f"told twice: {line}")
            told.add(entry)
            if line["kind"] == "extended" and line["epoch"] < latest:
                found.append(f"epoch {line['epoch']} changed the pool after epoch {latest}: {line}")
            latest = max(latest, line["epoch"])
            if line["kind"] in GROWING and line["volume"]:
                known = sizes.get(line["volume"], line["fromBytes"])
                if line["fromBytes"] is not None and known != line["fromBytes"]:
                    found.append(f"{line['name']} had {known} bytes, and then {line}")
            if line["volume"] and _tells_a_size(line):
                sizes[line["volume"]] = line["toBytes"]
        return found


def _tells_a_size(line):
    return line["kind"] in GROWING or line["kind"] == "volume-created"
