"""A text box that offers codes with their names while somebody types; without JavaScript it is a plain text box."""

from typing import Any

from django.forms import Media
from django.urls import NoReverseMatch, reverse
from unfold.widgets import UnfoldAdminTextInputWidget

URL_NAME = "reference-choices"


class ChoiceBox(UnfoldAdminTextInputWidget):
    """`kind`: the list that is offered. `sends`: form fields whose values narrow it, by the name they are sent under."""

    def __init__(
        self, kind: str, sends: dict[str, str] | None = None, attrs: dict[str, Any] | None = None
    ) -> None:
        super().__init__(attrs={"autocomplete": "off", "spellcheck": "false", **(attrs or {})})
        self.kind = kind
        self.sends = sends or {}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        try:
            url = reverse(URL_NAME, args=[self.kind])
        except NoReverseMatch:  # nobody offers lists here
            return context
        sent = " ".join(f"{parameter}:{field}" for parameter, field in self.sends.items())
        context["widget"]["attrs"] |= {"data-hub-choices": url, "data-hub-sends": sent}
        return context

    @property
    def media(self) -> Media:
        return Media(js=["hub/choices.js"])
