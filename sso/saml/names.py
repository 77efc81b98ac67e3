"""The names of the standards, each once, and which algorithms are taken."""

from sso.models import Legacy

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
EC = "http://www.w3.org/2001/10/xml-exc-c14n#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"

# SAML core 5.4.4 allows these two and no other; the variant with comments is the same, where there are none.
ENVELOPED = f"{DS}enveloped-signature"
EXCLUSIVE = {EC, f"{EC}WithComments"}

SIGNATURES = {
    f"{MORE}rsa-sha256",
    f"{MORE}rsa-sha384",
    f"{MORE}rsa-sha512",
    f"{MORE}ecdsa-sha256",
    f"{MORE}ecdsa-sha384",
    f"{MORE}ecdsa-sha512",
    f"{MORE_2007}sha256-rsa-MGF1",
    f"{MORE_2007}sha384-rsa-MGF1",
    f"{MORE_2007}sha512-rsa-MGF1",
}
DIGESTS = {f"{XENC}sha256", f"{MORE}sha384", f"{XENC}sha512"}
SHA1 = f"{DS}sha1"

CIPHERS = {f"{XENC}aes{bits}-cbc" for bits in (128, 192, 256)} | {
    f"{XENC11}aes{bits}-gcm" for bits in (128, 192, 256)
}
KEY_TRANSPORTS = {f"{XENC}rsa-oaep-mgf1p", f"{XENC11}rsa-oaep"}
# Within OAEP a hash need not withstand collisions, and SHA-1 is what it takes where nothing is named.
OAEP_DIGESTS = {*DIGESTS, SHA1}
OAEP_MASKS = {f"{XENC11}mgf1sha{bits}" for bits in (1, 256, 384, 512)}

PREFERRED_CIPHER = f"{XENC11}aes256-gcm"
PREFERRED_TRANSPORT = f"{XENC}rsa-oaep-mgf1p"

# What an exception for one connection adds.
LEGACY_SIGNATURES = {Legacy.SHA1: {f"{DS}rsa-sha1"}}
LEGACY_DIGESTS = {Legacy.SHA1: {SHA1}}
LEGACY_CIPHERS = {Legacy.TRIPLE_DES: {f"{XENC}tripledes-cbc"}}
LEGACY_TRANSPORTS = {Legacy.RSA_1_5: {f"{XENC}rsa-1_5"}}


def q(namespace: str, name: str) -> str:
    """As lxml spells a qualified name."""
    return f"{{{namespace}}}{name}"
