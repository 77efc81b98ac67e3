from django.urls import include, path, re_path

from orgs.api import authorize, invitations, members, organizations, policy, roles, teams
from orgs.models import SLUG

app_name = "orgs-api"

organization_urlpatterns = [
    path("leave", organizations.Leave.as_view(), name="leave"),
    path("members", members.MembersView.as_view(), name="members"),
    path("members/<uuid:person>", members.MemberView.as_view(), name="member"),
    path("members/<uuid:person>/pause", members.Pause.as_view(), name="pause-member"),
    path("members/<uuid:person>/resume", members.Resume.as_view(), name="resume-member"),
    path("roles", roles.Roles.as_view(), name="roles"),
    path("roles/<int:role>", roles.RoleView.as_view(), name="role"),
    path("teams", teams.Teams.as_view(), name="teams"),
    path("teams/<int:team>", teams.TeamView.as_view(), name="team"),
    path("teams/<int:team>/members/<uuid:person>", teams.TeamMemberView.as_view(), name="team-member"),
    path("invitations", invitations.Invitations.as_view(), name="invitations"),
    path("invitations/<uuid:invitation>", invitations.InvitationView.as_view(), name="invitation"),
    path("invitations/<uuid:invitation>/resend", invitations.Resend.as_view(), name="resend-invitation"),
    path("policy", policy.PolicyView.as_view(), name="policy"),
    path("activity", policy.ActivityView.as_view(), name="activity"),
]

urlpatterns = [
    path("authorize", authorize.Authorize.as_view(), name="authorize"),
    path("orgs", organizations.Organizations.as_view(), name="index"),
    # Before the short names: "invitations" is none.
    path("orgs/invitations", invitations.Waiting.as_view(), name="waiting"),
    path("orgs/invitations/accept", invitations.Accept.as_view(), name="accept-invitation"),
    re_path(rf"^orgs/(?P<slug>{SLUG})\Z", organizations.OrganizationView.as_view(), name="organization"),
    re_path(rf"^orgs/(?P<slug>{SLUG})/", include(organization_urlpatterns)),
]
