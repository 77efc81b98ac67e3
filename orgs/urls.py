from django.urls import include, path, re_path

from orgs.models import SLUG
from orgs.views import invitations, members, organizations, policy, roles, teams

app_name = "orgs"
TOKEN = r"(?P<token>[-\w]{43})"  # noqa: S105 - a pattern

organization_urlpatterns = [
    path("", organizations.organization, name="overview"),
    path("settings/", organizations.settings, name="settings"),
    path("close/", organizations.close, name="close"),
    path("leave/", organizations.leave, name="leave"),
    path("brand.css", organizations.brand, name="brand"),
    path("members/", members.index, name="members"),
    path("members/<uuid:person>/", members.detail, name="member"),
    path("members/<uuid:person>/roles/", members.change_roles, name="change-roles"),
    path("members/<uuid:person>/pause/", members.pause, name="pause-member"),
    path("members/<uuid:person>/resume/", members.resume, name="resume-member"),
    path("members/<uuid:person>/remove/", members.remove, name="remove-member"),
    path("invitations/", invitations.index, name="invitations"),
    path("invitations/send/", invitations.invite, name="invite"),
    path("invitations/<uuid:invitation>/resend/", invitations.resend, name="resend-invitation"),
    path("invitations/<uuid:invitation>/withdraw/", invitations.withdraw, name="withdraw-invitation"),
    path("roles/", roles.index, name="roles"),
    path("roles/new/", roles.new, name="new-role"),
    path("roles/<int:role>/", roles.edit, name="edit-role"),
    path("roles/<int:role>/delete/", roles.delete, name="delete-role"),
    path("teams/", teams.index, name="teams"),
    path("teams/new/", teams.new, name="new-team"),
    path("teams/<int:team>/", teams.detail, name="team"),
    path("teams/<int:team>/edit/", teams.edit, name="edit-team"),
    path("teams/<int:team>/delete/", teams.delete, name="delete-team"),
    path("teams/<int:team>/add/", teams.add_member, name="add-to-team"),
    path("teams/<int:team>/remove/<uuid:person>/", teams.remove_member, name="remove-from-team"),
    path("policy/", policy.index, name="policy"),
    path("policy/edit/", policy.edit, name="edit-policy"),
    path("activity/", policy.happenings, name="activity"),
]

urlpatterns = [
    path("", organizations.index, name="index"),
    path("new/", organizations.new, name="new"),
    path("join/<uuid:invitation>/", invitations.join, name="join"),
    path("other-way/", organizations.other_way, name="other-way"),
    re_path(rf"^invitations/{TOKEN}/$", invitations.accept, name="accept-invitation"),
    re_path(rf"^(?P<slug>{SLUG})/", include(organization_urlpatterns)),
]
