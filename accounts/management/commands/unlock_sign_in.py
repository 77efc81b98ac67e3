from accounts.flows import desk
from accounts.management.person import PersonCommand
from accounts.models import User


class Command(PersonCommand):
    help = "Ends every wait that wrong passwords have brought upon a person, from whatever network."

    def act(self, user: User) -> None:
        ended = desk.unlock(user=user, actor=None)
        self.stdout.write(self.style.SUCCESS(f"{ended} ended; {user.email} can sign in."))
