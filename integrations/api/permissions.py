"""What a token's user must be allowed to do."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from integrations.models import ApiToken, TokenScope


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


class MayPreviewOrders(BasePermission):
    """The token's user may preview orders."""

    message = "The token's user may not preview orders."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.has_perm("integrations.preview_order"))
