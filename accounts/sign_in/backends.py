from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef

from accounts.addresses import canonical
from accounts.models import User
from accounts.sign_in.allauth_compat import AuthenticationBackend


class PasswordBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's, except that an address which somebody merely claims is not theirs to sign in with.

    Whether its owner has an account would show: in the answer to the claimer's password, and in the number of hashes.
    """

    def _authenticate_by_email(self, email: str, password: str) -> User | None:
        proved = EmailAddress.objects.filter(user=OuterRef("pk"), email=canonical(email), verified=True)
        owners = User.objects.with_address(email).annotate(proved_address=Exists(proved))
        found: User | None = self._check_password(owners.first(), password)
        return found

    def has_perm(self, user_obj: User, perm: str, obj: object = None) -> bool:
        """It says who somebody is; what they may do, accounts.roles.backend knows."""
        return False

    def has_module_perms(self, user_obj: User, app_label: str) -> bool:
        return False

    def get_all_permissions(self, user_obj: User, obj: object = None) -> set[str]:
        return set()
