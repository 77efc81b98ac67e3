"""The tables of this app, by subject."""

from accounts.models.desk import BulkJob, BulkTarget, Impersonation, Role, RoleGrant
from accounts.models.mailboxes import Invitation, MailRequest, Proof
from accounts.models.people import Acceptance, PastPassword, User
from accounts.models.sessions import Browser, Lock, Session

__all__ = [
    "Acceptance",
    "Browser",
    "BulkJob",
    "BulkTarget",
    "Impersonation",
    "Invitation",
    "Lock",
    "MailRequest",
    "PastPassword",
    "Proof",
    "Role",
    "RoleGrant",
    "Session",
    "User",
]
