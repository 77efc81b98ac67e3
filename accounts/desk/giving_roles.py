"""Roles at the desk, as something that is done to a person."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.desk.acts import Act, Order, Text, of_active
from accounts.desk.errors import NotNow
from accounts.desk.forms import GiveRoleForm
from accounts.flows import roles
from accounts.models import Role, RoleGrant
from core.desk.permissions import SitePermission


def give_role(order: Order) -> Text:
    given = order.answers
    grant = roles.give(
        user=order.user,
        role=given["role"],
        organization=given.get("organization"),
        ends_at=given.get("ends_at"),
        reason=order.reason,
        actor=order.actor,
        facts=order.facts,
    )
    return _("%(person)s now has the role %(role)s.") % {
        "person": order.user.get_full_name(),
        "role": grant.role,
    }


def take_role(order: Order) -> Text:
    rows = RoleGrant.objects.filter(user=order.user, ended_at=None).select_related("user", "role")
    grant = rows.filter(pk=order.item).first() if order.item.isdecimal() else None
    if grant is None:
        raise NotNow
    roles.take(grant=grant, actor=order.actor, facts=order.facts, reason=order.reason)
    return _("The role %(role)s is taken.") % {"role": grant.role}


def take_role_by_name(order: Order) -> Text:
    """For many at once: whoever has it everywhere."""
    role: Role = order.answers["role"]
    rows = RoleGrant.objects.filter(user=order.user, role=role, organization=None, ended_at=None)
    grant = rows.select_related("user", "role").first()
    if grant is None:
        raise NotNow
    roles.take(grant=grant, actor=order.actor, facts=order.facts, reason=order.reason)
    return _("The role %(role)s is taken.") % {"role": grant.role}


def own(flow: Callable[..., None]) -> Callable[[Order], Text]:
    def do(order: Order) -> Text:
        flow(user=order.user, actor=order.actor, facts=order.facts, reason=order.reason)
        return _("Done.")

    return do


class RoleForm(forms.Form):
    role = forms.ModelChoiceField(label=gettext_lazy("Role"), queryset=Role.objects.order_by("name"))


_more: dict[str, Any] = {"asks_reason": True, "is_dangerous": True}

ACTS = [
    Act(
        name="give-role",
        label=gettext_lazy("Give a role"),
        explains=gettext_lazy(
            "What the role brings counts from their next click on, with the shorter sessions of the desk and a second "
            "step that it asks for. They are told."
        ),
        needs=SitePermission.ROLES_GIVE,
        do=give_role,
        applies=of_active,
        in_bulk=True,
        form=GiveRoleForm,
        order=40,
        **_more,
    ),
    Act(
        name="take-role",
        label=gettext_lazy("Take this role"),
        explains=gettext_lazy("What it brings is gone with their next click. They are told."),
        needs=SitePermission.ROLES_GIVE,
        do=take_role,
        to_oneself=True,
        of_item=True,
        **_more,
    ),
    Act(
        name="take-role-of-many",
        label=gettext_lazy("Take a role"),
        explains=gettext_lazy("Whoever has it everywhere has it no more. They are told."),
        needs=SitePermission.ROLES_GIVE,
        do=take_role_by_name,
        # On the page of a person it stands beside each role.
        on_page=False,
        in_bulk=True,
        form=RoleForm,
        order=41,
        **_more,
    ),
    Act(
        name="make-owner",
        label=gettext_lazy("Make them an owner of the site"),
        explains=gettext_lazy("Owners may do everything, also to other owners. They are told."),
        needs=SitePermission.ROLES_GIVE,
        do=own(roles.make_owner),
        for_owners=True,
        applies=lambda user: user.is_active and not user.is_superuser,
        order=42,
        **_more,
    ),
    Act(
        name="unmake-owner",
        label=gettext_lazy("Take the ownership of the site"),
        explains=gettext_lazy("They keep the roles that they have besides. They are told."),
        needs=SitePermission.ROLES_GIVE,
        do=own(roles.unmake_owner),
        for_owners=True,
        applies=lambda user: user.is_superuser,
        to_oneself=True,
        order=43,
        **_more,
    ),
]
