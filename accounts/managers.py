from typing import TYPE_CHECKING, Any, Self

from allauth.account.models import EmailAddress
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone

from accounts.addresses import canonical

if TYPE_CHECKING:
    from accounts.models import Invitation, Proof, RoleGrant, Session, User
else:
    Invitation = Proof = RoleGrant = Session = User = models.Model


class UserManager(BaseUserManager[User]):
    def with_address(self, email: str) -> models.QuerySet[User]:
        """Whose this address is: theirs to sign in with, or one more that they have proved."""
        proved = EmailAddress.objects.filter(email=canonical(email), verified=True)
        # A union, since no index serves an OR across two tables: both of its halves have one.
        return self.filter(pk__in=self.filter(email=email).values("pk").union(proved.values("user_id")))

    def lock(self, pk: int | None) -> bool:
        """Holds one person's row until the transaction ends; whether there is such a person."""
        return self.select_for_update().only("pk").filter(pk=pk or 0).first() is not None

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class SessionQuerySet(models.QuerySet[Session]):
    def alive(self) -> Self:
        return self.filter(expire_date__gt=timezone.now())

    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def except_key(self, key_digest: str | None) -> Self:
        return self.filter(~Q(session_key=key_digest)) if key_digest else self


class ProofQuerySet(models.QuerySet[Proof]):
    def open(self) -> Self:
        return self.filter(ended_at__isnull=True, expires_at__gt=timezone.now())


class InvitationQuerySet(models.QuerySet[Invitation]):
    def open(self) -> Self:
        return self.filter(used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=timezone.now())


class RoleGrantQuerySet(models.QuerySet[RoleGrant]):
    def live(self) -> Self:
        lasting = Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now())
        return self.filter(lasting, ended_at__isnull=True)

    def with_permissions(self) -> Self:
        """Each with what its role brings, in one statement."""
        names = Permission.objects.filter(group=OuterRef("role")).values("codename")
        return self.select_related("role").annotate(codenames=ArraySubquery(names)).order_by("given_at")
