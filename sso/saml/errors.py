"""Why a message of an identity provider came to nothing. Its reader sees one of two texts, the log sees the reason.

SamlRefused            400  `reason` is a word of Reason
├── Unreadable         not the message that the protocol demands, or not one we can decrypt
├── Untrusted          no signature of that provider covers it
├── NotForUs           made by somebody else, for somebody else, or for another address
├── OutOfTime          too early, too late, or good for too long
├── NotAsked           nobody in this browser set out for it
├── Spent              it has been used already
├── Unusable           what it says of a person is not what it claims to be
└── ProviderRefused    the provider itself let nobody in

All but the last look alike: whoever sends messages to learn something from the answers learns nothing.
"""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from core.errors import Problem


class Reason(StrEnum):
    # What cannot be read. Decryption is one reason, whatever failed in it.
    TOO_LARGE = "too-large"
    ENCODING = "encoding"
    NOT_XML = "not-xml"
    DOCTYPE = "doctype"
    COMMENTS = "comments"
    TOO_COMPLEX = "too-complex"
    STRUCTURE = "structure"
    REPEATED_ID = "repeated-id"
    ASSERTIONS = "number-of-assertions"
    VERSION = "version"
    SCHEMA = "schema"
    ENCRYPTED_PART = "encrypted-part"
    ENCRYPTION = "encryption"
    ENCRYPTION_ALGORITHM = "encryption-algorithm"
    # What is not proved.
    SIGNATURE_PLACE = "signature-place"
    SIGNATURE_FORM = "signature-form"
    SIGNATURE_ALGORITHM = "signature-algorithm"
    TRANSFORMS = "transforms"
    REFERENCE = "reference"
    UNSIGNED = "unsigned"
    SIGNATURE = "signature"
    NO_CERTIFICATE = "no-valid-certificate"
    # Whom it is from, and for whom.
    ISSUER = "issuer"
    DESTINATION = "destination"
    AUDIENCE = "audience"
    CONDITION = "unknown-condition"
    SUBJECT_CONFIRMATION = "subject-confirmation"
    RECIPIENT = "recipient"
    CONNECTION_OFF = "connection-off"
    # When.
    TIMES_MISSING = "times-missing"
    TOO_EARLY = "too-early"
    EXPIRED = "expired"
    TOO_LONG = "good-for-too-long"
    SESSION_OVER = "session-over"
    # What it answers.
    UNSOLICITED = "unsolicited"
    IN_RESPONSE_TO = "in-response-to"
    OTHER_BROWSER = "other-browser"
    REPLAYED = "replayed"
    # What it says.
    NAME = "name"
    NAME_MISSING = "name-missing"
    QUALIFIER = "qualifier"
    AUTHN_STATEMENT = "authn-statement"
    CONTEXT = "authn-context"
    VALUE = "value"
    ADDRESS = "address"
    DOMAIN = "domain-of-another"
    STATUS = "status"


class SamlRefused(Problem):
    status = 400
    code = "saml_refused"
    title = _("This answer cannot be trusted")
    detail = _(
        "What your organization's sign-in sent does not prove who you are, so nobody was signed in. Please start "
        "again; if it happens once more, give the reference below to your administrator."
    )

    def __init__(self, reason: Reason, note: str = "") -> None:
        super().__init__()
        self.reason = reason
        # For the log, where it helps whoever sets the connection up; never from a message nobody vouches for.
        self.note = note


class Unreadable(SamlRefused):
    pass


class Untrusted(SamlRefused):
    pass


class NotForUs(SamlRefused):
    pass


class OutOfTime(SamlRefused):
    pass


class NotAsked(SamlRefused):
    pass


class Spent(SamlRefused):
    pass


class Unusable(SamlRefused):
    pass


class ProviderRefused(SamlRefused):
    code = "saml_provider_refused"
    title = _("Your organization did not sign you in")
    detail = _("Its sign-in page said no, or was left. Nothing was changed; you can start again.")
