"""Who may call the API: a token in `Authorization: Token …`, with a scope."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from integrations.models import ApiToken


class HubTokenAuthentication(BaseAuthentication):
    """`Authorization: Token <token>`; only the token's hash is stored."""

    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword.lower().encode():
            return None
        if len(parts) != 2:
            raise exceptions.AuthenticationFailed("Write the header as: Authorization: Token <token>.")
        try:
            digest = ApiToken.digest_of(parts[1].decode("ascii"))
        except UnicodeDecodeError as error:
            raise exceptions.AuthenticationFailed("The token is not valid.") from error
        now = timezone.now()
        token = ApiToken.objects.usable(now).select_related("user").filter(digest=digest).first()
        if token is None:
            raise exceptions.AuthenticationFailed("The token is not valid.")
        token.note_use(now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class HubTokenScheme(OpenApiAuthenticationExtension):
    """How the token shows in the OpenAPI description."""

    target_class = "integrations.api.authentication.HubTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token <token>"}
