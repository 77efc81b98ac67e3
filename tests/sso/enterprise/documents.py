"""Metadata of an identity provider, with one thing wrong if a test wants it."""

from tests.sso.saml.provider import IDP_KEY

MD, DS = "urn:oasis:names:tc:SAML:2.0:metadata", "http://www.w3.org/2000/09/xmldsig#"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


def document(
    *,
    entity_id: str = "https://idp.example/",
    sso: str = "https://idp.example/sso",
    certificate: str | None = None,
    use: str = "signing",
    role: str = "IDPSSODescriptor",
    times: int = 1,
    doctype: str = "",
    until: str = "",
) -> str:
    body = IDP_KEY.certificate_pem if certificate is None else certificate
    lines = "".join(line for line in body.splitlines() if "-----" not in line)
    held = f"<ds:X509Data><ds:X509Certificate>{lines}</ds:X509Certificate></ds:X509Data>" if lines else ""
    service = f'<md:SingleSignOnService Binding="{REDIRECT}" Location="{sso}"/>' if sso else ""
    over = f' validUntil="{until}"' if until else ""
    one = (
        f'<md:EntityDescriptor entityID="{entity_id}"{over}><md:{role} WantAuthnRequestsSigned="true" '
        f'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f'<md:KeyDescriptor use="{use}"><ds:KeyInfo>{held}</ds:KeyInfo></md:KeyDescriptor>{service}'
        f"</md:{role}></md:EntityDescriptor>"
    )
    return f'{doctype}<md:EntitiesDescriptor xmlns:md="{MD}" xmlns:ds="{DS}">{one * times}</md:EntitiesDescriptor>'
