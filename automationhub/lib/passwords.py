"""Passwords that say what they open: the name of the product, of the systems it connects, of the company."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

# Shorter words stand in too many others: "pace" in "spaceship".
SHORTEST = 5


def squeezed(text: str) -> str:
    """The text in lower case without anything but letters and digits, so that "Automation-Hub" is "automationhub"."""
    return re.sub(r"[\W_]", "", text.lower())


class ContextWordsValidator:
    """Refuses passwords that contain one of the words given in AUTH_PASSWORD_VALIDATORS, however it is spaced."""

    def __init__(self, words: list[str]) -> None:
        self.words = {word: squeezed(word) for word in words if len(squeezed(word)) >= SHORTEST}

    def validate(self, password: str, user: object = None) -> None:
        for word, plain in self.words.items():
            if plain in squeezed(password):
                raise ValidationError(
                    gettext("The password contains “{word}”, which is easy to guess here.").format(word=word),
                    code="password_context_word",
                )

    def get_help_text(self) -> str:
        return gettext(
            "Your password can’t contain the name of this product, of your company or of the systems it works with."
        )
