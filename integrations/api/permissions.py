"""What a token's user must be allowed to do."""

from django.conf import settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from integrations.models import ApiToken, TokenScope
from mappings.resources import KINDS


class MayReadDescription(BasePermission):
    """Whoever is logged in or has a token, unless API_DOCS_PUBLIC opens the description to everyone."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return settings.API_DOCS_PUBLIC or bool(request.user and request.user.is_authenticated)


class MayViewOrders(BasePermission):
    """The token's user may view orders."""

    message = "The token's user may not view orders."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(
            request.user
            and request.user.is_authenticated
            and request.user.has_perm("integrations.view_order")
        )


class MayRetryOrders(BasePermission):
    """The token has the scope "operate" and its user may retry orders."""

    message = 'This needs a token with the scope "operate" of a user who may retry orders.'

    def has_permission(self, request: Request, view: APIView) -> bool:
        operates = isinstance(request.auth, ApiToken) and request.auth.scope == TokenScope.OPERATE
        return operates and bool(request.user.has_perm("integrations.retry_order"))


class MayUseMappings(BasePermission):
    """The token's user may do to this kind of rows what the call does; changes need the scope "operate" too."""

    message = "The token's user may not do this with rows of this kind, or the token has no scope for it."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        kind = KINDS.get(str(view.kwargs.get("kind", "")))
        if kind is None:
            return True  # the view answers 404
        name = kind.model._meta.model_name
        needed = {
            "GET": ("view",),
            "HEAD": ("view",),
            "OPTIONS": ("view",),
            "POST": ("add", "change"),
            "PUT": ("change",),
            "DELETE": ("delete",),
        }
        rights = needed.get(request.method or "", ("view", "add", "change", "delete"))
        if not all(request.user.has_perm(f"mappings.{right}_{name}") for right in rights):
            return False
        operates = isinstance(request.auth, ApiToken) and request.auth.scope == TokenScope.OPERATE
        return operates or rights == ("view",)


class MayPreviewOrders(BasePermission):
    """The token's user may preview orders."""

    message = "The token's user may not preview orders."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.has_perm("integrations.preview_order"))
