"""Write docs/licences.md: the licence of everything that the service and its extras install.

    python -m release.licences build/sbom.cdx.json

The licences are those that the packages declare, as the software bill of materials has them. Above
the table the document says, by hand, what they do not tell.
"""

import json
import sys
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "licences.md"
BEGIN, END = "<!-- licences: begin -->", "<!-- licences: end -->"


def licence(component: dict[str, Any]) -> str:
    """Return what a component of a CycloneDX document declares, on one line."""
    found = []
    for each in component.get("licenses", []):
        name = each.get("expression") or each["license"].get("id") or each["license"].get("name")
        # Classifiers begin with what all of them have.
        text = name.rpartition(" :: ")[2]
        # Some give the whole text instead of a name.
        found.append(text.splitlines()[0][:60].strip())
    return "; ".join(dict.fromkeys(found)) or "not declared"


def table(components: list[dict[str, Any]]) -> str:
    """Return the table in Markdown, by name."""
    rows = sorted((each["name"].lower(), licence(each)) for each in components)
    return "\n".join(("| package | licence |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)))


def main() -> None:
    """Put the table between the comments of the document."""
    components = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["components"]
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table(components)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
