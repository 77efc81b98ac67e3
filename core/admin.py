"""How every list of ours behaves in the admin site."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.http import HttpRequest

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Lists and actions; nothing is typed in, and nothing can be filtered by that is not offered."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Django lets any column be searched by address, which reads secrets letter by letter."""
        offered = {str(name) for name in self.list_filter}
        return lookup.removesuffix("__exact") in offered

    def response_action(self, *args: Any, **kwargs: Any) -> Any:
        """Django fails on a chosen row that is no number."""
        try:
            return super().response_action(*args, **kwargs)
        except ValueError:
            raise BadRequest from None

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
