"""The words of the product: every text that people read says it the way the trade says it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("automationhub", "integrations", "mappings")
# What only developers read: names of migrations, and the pretend world of the demo and the tests.
NOT_SHOWN = {"migrations", "sandbox", "chaos", "demo"}

# What to say instead stands behind each.
PATTERNS = {
    r"\b(?:nobody|somebody|anybody|whoever)\b": "say who: you, a user, staff; or turn the sentence around",
    r"\b(?:by (?:itself|themselves))\b": "automatically",
    r"\bat once\b": "right away; at the same time",
    r"\bfor ever\b": "without a limit",
    r"\b(?:seen? to|sees to|seeing to)\b(?! (?:be|it that))": "handle, update",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bamiss\b": "problem",
    r"\b(?:go|goes|went) on\b": "continue",
    r"\b(?:take|takes|took|taken) (?:up|in)\b(?! (?:Pace|Pressero|to))": "received; processing started",
    r"\btold\b": "sent, synced; ask, inform",
    r"\b(?:tell|tells|telling) Pressero\b": "send to Pressero, sync",
    r"\bput off\b": "snooze",
    r"\blately\b": "recently",
    r"\bwhose\b": "with, of which",
    r"(?<!\bthere )\bis no (?!longer\b|more\b)": "is not a",
    r"\be-mail": "email",
    r"\blicence": "license",
    r"\bcancelled\b": "canceled",
    r"\b(?:colour|favour|behaviour)": "color, favor, behavior",
    r"\bwithout a word\b": "unexpectedly",
    r"\b(?:txn|wish|wishes)\b": "transaction; target stage",
    r"\bleft alone\b": "skipped",
    r"\bback to work\b|\bat work\b": "queued; running",
    r"\bwent through\b|\bare through\b": "submitted",
    r"\blook(?:s|ed|ing)? (?:at|again|in Pace)\b": "check",
    r"\bcame again\b": "duplicates",
    r"\bbecame of\b": "result",
    r"\bleft the house\b": "shipped",
    r"\bwho must act\b|\bwhat is the matter\b": "action needed by; problem",
    r"\bouter blanks\b": "extra spaces",
    r"\b[Rr]ead lists\b": "Refresh codes",
    r"\btried again\b": "retried",
    r"\b(?:[Pp]ress) (?:“|<|\*\*|[A-Z])": "Select",
    r"\bTry \d|\(try \{": "Attempt",
    r"\bfault of the hub\b": "internal error",
    r"\bWriting job unit\b": "Writing the job to Pace",
    r"\bWhat needs you\b": "Home",
    r"\bvery much\b": "too many",
    r"\bmeanwhile\b": "in the meantime",
    r"^Empty: |\. Empty: ": "Leave blank to …",
}
# Only these may hold one: a contract's word in a file, the name of a page.
NAMES = ("active admin_status attempt", "licences.md", "# Licences", "| licence |", "cancelled:half made")
FORBIDDEN = re.compile("|".join(f"(?:{one})" for one in PATTERNS), re.IGNORECASE | re.MULTILINE)


def shown_in_python(path: Path) -> Iterator[tuple[int, str]]:
    """Texts of a module that may be shown: no docstrings, and only those of at least two words."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            inner |= {id(part) for part in node.values}
            yield node.lineno, "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            is_shown = id(node) not in docstrings | inner and " " in node.value.strip()
            yield from [(node.lineno, re.sub(r"{\w*}", "{}", node.value))] if is_shown else []


def shown_in_template(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a template without its comments and without what its tags compute."""
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"))
    for number, line in enumerate(text.splitlines(), start=1):
        yield number, re.sub(r"{{.*?}}", "{}", line)


def shown_in_script(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        for text in re.findall(r"\"[^\"]*\"|`[^`]*`", line):
            yield number, text


def shown_in_document(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a page; what stands as `code` is quoted from elsewhere."""
    in_code = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif not in_code:
            yield number, re.sub(r"`[^`]*`", "`", line)


def every_text() -> Iterator[tuple[str, int, str]]:
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not NOT_SHOWN & set(path.parts):
                yield from ((str(path.relative_to(ROOT)), *found) for found in shown_in_python(path))
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield from ((str(path.relative_to(ROOT)), *found) for found in shown_in_template(path))
    for path in sorted((ROOT / "static" / "hub").glob("*.js")):
        yield from ((str(path.relative_to(ROOT)), *found) for found in shown_in_script(path))
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        yield from ((str(path.relative_to(ROOT)), *found) for found in shown_in_document(path))


def instead(phrase: str) -> str:
    return next(
        (say for one, say in PATTERNS.items() if re.search(one, phrase, re.IGNORECASE)), "it differently"
    )


@cache
def findings() -> list[str]:
    return [
        f"{file}:{line}: “{found[0].strip()}” in “{' '.join(text.split())[:160]}”; say: {instead(found[0])}"
        for file, line, text in every_text()
        if not any(name in text for name in NAMES)
        for found in FORBIDDEN.finditer(text)
    ]


# Files that are still to be put into plain words.
PENDING: set[str] = set()


def test_no_text_that_people_read_says_it_in_a_roundabout_way() -> None:
    found = [one for one in findings() if one.partition(":")[0] not in PENDING]
    assert found == [], "\n".join(found)


def test_an_old_phrase_is_found_out() -> None:
    for phrase in (
        "Orders that need somebody.",
        "It is tried again by itself.",
        "Empty: all storefronts.",
        "Read lists",
    ):
        assert FORBIDDEN.search(phrase), phrase
    for fine in ("There is no such storefront.", "It is no longer listed.", "Select Retry."):
        assert not FORBIDDEN.search(fine), fine
