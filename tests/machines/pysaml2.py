import os
import sys
from pathlib import Path
from urllib.parse import urlencode

from identity.local import saml
from tests.machines.saml import SamlProvider

PROGRAM = Path(__file__).with_name("pysaml2_server.py")


class PySaml2(SamlProvider):
    """pysaml2, in a small web server of our own."""

    name = "pysaml2"
    metadata_path = "/metadata"
    fields = ("name",)

    def begin(self, site: str, after: str = "") -> str:
        asked = {"site": site} | ({"RelayState": after} if after else {})
        return f"{self.url}/begin?{urlencode(asked)}"

    @property
    def sign_out(self) -> str:
        return f"{self.url}/sign-out"

    def command(self) -> list[str]:
        return [sys.executable, str(PROGRAM)]

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "XMLSEC1": saml.xmlsec1(),
            "HOME_OF_PROVIDER": str(self.home),
            "URL_OF_PROVIDER": self.url,
        }
