"""How far the word of a connection goes: it opens no account of somebody who may do more than whoever set it up."""

from accounts.models import User
from orgs import authority
from orgs.actor import Actor
from orgs.authority import Authority
from orgs.models import Membership, Organization
from orgs.permissions import BuiltIn
from sso.models import Connection, Rank


def of_actor(held: Authority, by: Actor) -> Rank:
    """Of whoever sets it up: as far as they could raise somebody by hand.

    At the desk only who owns the site stands over everybody; whoever may make connections there is made no owner of
    an organization by that.
    """
    if by.is_operator:
        return Rank.SITE if by.user is None or by.user.is_superuser else Rank.MEMBER
    if held.may_give(BuiltIn.OWNER):
        return Rank.OWNER
    return Rank.ADMIN if held.may_give(BuiltIn.ADMIN) else Rank.MEMBER


def of_account(account: User, organization: Organization) -> Rank:
    """Of whoever signs in: a role of the organization's own counts as an admin's, whatever little it brings."""
    if account.is_staff or account.is_superuser:
        return Rank.SITE
    rows = authority.readable(Membership.objects.of(organization))
    membership = rows.filter(user=account).first()
    if membership is None:
        return Rank.MEMBER
    theirs = authority.of(membership)
    if theirs.is_owner:
        return Rank.OWNER
    is_plain = theirs.built_in[BuiltIn.MEMBER].issuperset(theirs.permissions)
    return Rank.MEMBER if is_plain else Rank.ADMIN


def may_open(connection: Connection, account: User) -> bool:
    limit = connection.opens_up_to
    if limit == Rank.SITE:
        return True
    if limit == Rank.OWNER:
        # Without a question to the database: at nine o'clock everybody comes at once.
        return not (account.is_staff or account.is_superuser)
    return of_account(account, connection.organization) <= limit
