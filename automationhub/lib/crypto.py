"""Encryption of stored credentials with `CREDENTIALS_KEY`: the newest key encrypts, all keys decrypt."""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

PREFIX = "fernet:"


class CredentialsKeyError(Exception):
    """A stored secret cannot be read: it was encrypted with a key that `CREDENTIALS_KEY` no longer holds."""


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(secret: str) -> str:
    """The stored form of `secret`; an empty secret stays empty."""
    if not secret:
        return ""
    return PREFIX + _fernet(tuple(settings.CREDENTIALS_KEYS)).encrypt(secret.encode()).decode()


def decrypt(stored: str) -> str:
    """The secret again.

    Raises CredentialsKeyError rather than handing out ciphertext that would be sent to another system as a password.
    """
    if not stored:
        return ""
    if not stored.startswith(PREFIX):
        raise CredentialsKeyError("A stored secret is not encrypted; enter it again.")
    try:
        return (
            _fernet(tuple(settings.CREDENTIALS_KEYS)).decrypt(stored.removeprefix(PREFIX).encode()).decode()
        )
    except InvalidToken as error:
        raise CredentialsKeyError(
            "A stored secret cannot be decrypted: CREDENTIALS_KEY does not hold the key it was encrypted with."
        ) from error


def is_newest(stored: str) -> bool:
    """Whether `stored` is ciphertext of the newest key."""
    try:
        _fernet((settings.CREDENTIALS_KEYS[0],)).decrypt(stored.removeprefix(PREFIX).encode())
    except InvalidToken:
        return False
    return stored.startswith(PREFIX)


def is_readable(stored: str) -> bool:
    """Whether `stored` is ciphertext that the present keys can decrypt."""
    try:
        decrypt(stored)
    except CredentialsKeyError:
        return False
    return True
