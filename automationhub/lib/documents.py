"""The documents under /docs/: a site, once it is built (settings.WHITENOISE_ROOT); until then the pages as plain text."""

from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

FOLDER = settings.BASE_DIR / "docs"


@require_safe
def documents(request: HttpRequest, name: str = "index") -> HttpResponse:
    """One page as text, with links to the others. The file server before Django gives out the built site instead."""
    pages = {path.stem: path for path in sorted(FOLDER.glob("*.md"))}
    if name not in pages:
        raise Http404(f"There is no document called “{name}”.")
    text = pages[name].read_text(encoding="utf-8")
    return render(request, "hub/document.html", {"name": name, "names": list(pages), "text": text})


@cache
def titles() -> dict[str, str]:
    """The title of each document by its name; read once, because documents change with a release only."""
    found = {}
    for path in sorted(FOLDER.glob("*.md")):
        with path.open(encoding="utf-8") as file:
            first = next(file, "").strip()
        found[path.stem] = first.removeprefix("#").strip() or path.stem
    return found
