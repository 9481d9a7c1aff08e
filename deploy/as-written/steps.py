"""The commands of a document, in its order, as one script for bash: what stands there is what is run.

    steps.py DOCUMENT [HEADING]

With a heading, those of its section alone. Blocks in another language (```json) are left out. A comment right above a block,

    <!-- tried as:
    COMMANDS
    -->

holds what is run in its place where a bare machine cannot do what the block says (a certificate, typed answers).
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(
    r"^#+ (?P<title>[^\n]+)$"
    r"|^(?:<!-- tried as:\n(?P<instead>.*?)\n-->\n)?```(?:sh|bash)?\n(?P<commands>.*?)^```$"
    r"|^```[^\n]+\n.*?^```$",
    re.DOTALL | re.MULTILINE,
)


def blocks(text: str, heading: str = "") -> Iterator[tuple[str, str]]:
    """Each block of commands with the heading above it."""
    title = ""
    for found in BLOCK.finditer(text):
        if found["title"]:
            title = found["title"]
        elif found["commands"] is not None and heading in ("", title):
            yield title, (found["instead"] or found["commands"]).rstrip("\n")


def script(text: str, heading: str = "") -> str:
    """A script that runs the blocks in one shell, names each heading, and ends at the first command that fails."""
    lines, last = ["set -eu -o pipefail"], ""
    for title, commands in blocks(text, heading):
        if title != last:
            lines.append(f"{{ echo; echo '== {title.replace(chr(39), '')}'; }} 2>/dev/null")
            last = title
        lines += ["set -x", commands, "{ set +x; } 2>/dev/null"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(script(Path(sys.argv[1]).read_text(encoding="utf-8"), *sys.argv[2:]))
