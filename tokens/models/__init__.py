"""What programs hold, one subject in each module."""

from tokens.models.families import Family
from tokens.models.keys import ApiKey
from tokens.models.services import ServiceAccount, ServiceCredential, UsedAssertion
from tokens.models.signing import SigningKey

__all__ = ["ApiKey", "Family", "ServiceAccount", "ServiceCredential", "SigningKey", "UsedAssertion"]
