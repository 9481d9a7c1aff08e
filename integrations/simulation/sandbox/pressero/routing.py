"""From a method and a path to the function that answers: paths match in any case, `{name}` is one segment."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from integrations.simulation.sandbox.http import Request, Response

from .errors import Refused

Answer = Callable[..., Response]


@dataclass(frozen=True)
class _Route:
    method: str
    pattern: re.Pattern[str]
    answer: Answer


class Router:
    """A table of routes, tried in the order in which they were added."""

    def __init__(self) -> None:
        self._routes: list[_Route] = []

    def add(self, method: str, template: str, answer: Answer) -> None:
        """Route a template like `V2/Orders/{number}/Details`; a segment called number or seq is a whole number."""
        parts = re.split(r"\{(\w+)\}", template)
        pattern = "".join(
            f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
        )
        self._routes.append(_Route(method, re.compile(pattern, re.IGNORECASE), answer))

    def answer(self, request: Request, path: str) -> Response:
        """The answer of the matching route; 404 without one, 405 when only the method is wrong."""
        tidy = re.sub("/{2,}", "/", path).strip("/")
        other_method = False
        for route in self._routes:
            match = route.pattern.fullmatch(tidy)
            if match is None:
                continue
            if route.method != request.method:
                other_method = True
                continue
            return route.answer(request, **_arguments(match.groupdict()))
        if other_method:
            raise Refused(405, f"The requested resource does not support http method '{request.method}'.")
        raise Refused(404, f"No HTTP resource was found that matches the path {path}.")


def _arguments(segments: dict[str, str]) -> dict[str, str | int]:
    arguments: dict[str, str | int] = {}
    for name, value in segments.items():
        if name in ("number", "seq"):
            if not (value.isascii() and value.isdigit() and len(value) <= 18):
                raise Refused(404, f"{value} was not found.")
            arguments[name] = int(value)
        else:
            arguments[name] = value
    return arguments
