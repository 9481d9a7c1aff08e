"""What the sandbox refuses, with the HTTP status it answers."""


class Refused(Exception):
    """A call that is answered with an error status and `{"Message": …}`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def bad_request(message: str) -> Refused:
    """A call that makes no sense."""
    return Refused(400, message)
