"""Templates of the theme that the portal keeps its own copies of differ from the theme's in known lines only."""

from __future__ import annotations

from difflib import ndiff
from pathlib import Path

import pytest
import unfold
from django.conf import settings

# Templates that stand in the place of the theme's and share nothing with it (command, search, shortcut, empty_results) are no copies.
# Copy -> how many lines were taken out of the theme's own template and how many stand there instead.
COPIES = {
    "unfold/layouts/skeleton.html": (11, 5),
    "unfold/helpers/header.html": (11, 5),  # the page's banner
    "unfold/helpers/navigation_user.html": (27, 14),  # a button opens the menu of one's own account
    "unfold/helpers/welcomemsg.html": (
        9,
        4,
    ),  # buttons open the side menu, theme.js remembers its state; the trail is the hub's
    "unfold/helpers/tab_actions.html": (5, 5),
}


def lines(root: Path, name: str) -> list[str]:
    return (root / "templates" / name).read_text().splitlines()


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_as_the_theme_has_it_but_for_known_lines(name: str) -> None:
    theme, own = lines(Path(unfold.__file__).parent, name), lines(settings.BASE_DIR, name)
    changes = [line[0] for line in ndiff(theme, own)]
    assert (changes.count("-"), changes.count("+")) == COPIES[name], (
        "bring the theme's change over to the copy"
    )
