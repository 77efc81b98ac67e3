from accounts import access
from accounts.access import Reason
from accounts.management.person import PersonCommand
from accounts.models import User


class Command(PersonCommand):
    help = "Ends everything that a person is signed in with, at once. They can sign in again."

    def act(self, user: User) -> None:
        ended = access.revoke(user, reason=Reason.ADMINISTRATOR, actor=None)
        for name, count in ended.items():
            self.stdout.write(f"{name}: {count}")
        self.stdout.write(self.style.SUCCESS(f"All access of {user.email} has ended."))
