"""Proving that a mailbox is one's own."""

from allauth.account.models import EmailAddress


def claim_proof(address: EmailAddress) -> bool:
    """Within the caller's transaction: whether this request is the one that uses the link; the others come too late."""
    waiting = EmailAddress.objects.select_for_update().filter(pk=address.pk, verified=False)
    return waiting.first() is not None
