"""Namespaces and algorithm identifiers of SAML 2.0, XML Signature and XML Encryption."""

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
XS = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMESPACES = {"samlp": SAMLP, "saml": SAML, "ds": DS, "xenc": XENC}

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
HOLDER_OF_KEY = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"

EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
PROTECTED = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
UNSPECIFIED_CONTEXT = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"

ENVELOPED = DS + "enveloped-signature"
BASE64 = DS + "base64"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
EXCLUSIVE = EXC_C14N
EXCLUSIVE_WITH_COMMENTS = EXC_C14N + "WithComments"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
INCLUSIVE_WITH_COMMENTS = INCLUSIVE + "#WithComments"
INCLUSIVE_11 = "http://www.w3.org/2006/12/xml-c14n11"

SHA1, SHA256, SHA512 = DS + "sha1", XENC + "sha256", XENC + "sha512"
SHA384, MD5 = MORE + "sha384", MORE + "md5"

RSA_SHA1, RSA_MD5 = DS + "rsa-sha1", MORE + "rsa-md5"
RSA_SHA256, RSA_SHA384, RSA_SHA512 = (MORE + f"rsa-sha{size}" for size in (256, 384, 512))
PSS_SHA256 = MORE_2007 + "sha256-rsa-MGF1"
ECDSA_SHA256 = MORE + "ecdsa-sha256"
HMAC_SHA1, HMAC_SHA256 = DS + "hmac-sha1", MORE + "hmac-sha256"

AES128_CBC, AES256_CBC, DES3_CBC = XENC + "aes128-cbc", XENC + "aes256-cbc", XENC + "tripledes-cbc"
AES128_GCM, AES256_GCM = XENC11 + "aes128-gcm", XENC11 + "aes256-gcm"
OAEP, OAEP_11, RSA_15 = XENC + "rsa-oaep-mgf1p", XENC11 + "rsa-oaep", XENC + "rsa-1_5"
ENCRYPTED_ELEMENT, ENCRYPTED_KEY = XENC + "Element", XENC + "EncryptedKey"
