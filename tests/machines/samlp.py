import os
from urllib.parse import urlencode

from identity.local import node
from tests.machines.saml import SamlProvider


class Samlp(SamlProvider):
    """samlp (npm), in a small web server of our own."""

    name = "samlp"
    metadata_path = "/metadata"
    fields = ("name",)

    def begin(self, site: str, after: str = "") -> str:
        return f"{self.url}/begin?{urlencode({'RelayState': after})}"

    @property
    def sign_out(self) -> str:
        return f"{self.url}/slo"

    def command(self) -> list[str]:
        return [node.provide(), str(node.PACKAGE / "samlp.mjs")]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "HOME_OF_PROVIDER": str(self.home), "URL_OF_PROVIDER": self.url}
