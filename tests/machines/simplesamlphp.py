import os
from pathlib import Path
from urllib.parse import urlencode

from identity.local import saml
from tests.machines.saml import SamlProvider

CONFIGURATION = Path(__file__).with_name("php")


class SimpleSamlPhp(SamlProvider):
    """SimpleSAMLphp, in the web server that comes with PHP."""

    name = "SimpleSAMLphp"
    metadata_path = "/saml2/idp/metadata.php"
    fields = ("username", "password")

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        for name in ("sessions", "tmp"):
            (home / name).mkdir(exist_ok=True)

    def begin(self, site: str, after: str = "") -> str:
        asked = {"spentityid": site} | ({"RelayState": after} if after else {})
        return f"{self.url}/saml2/idp/SSOService.php?{urlencode(asked)}"

    @property
    def sign_out(self) -> str:
        return (
            f"{self.url}/saml2/idp/initSLO.php?{urlencode({'RelayState': f'{self.url}/resources/post.js'})}"
        )

    def command(self) -> list[str]:
        return [saml.php(), "-S", f"127.0.0.1:{self.port}", "-t", str(saml.simplesamlphp() / "www")]

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SIMPLESAMLPHP_CONFIG_DIR": str(CONFIGURATION),
            "HOME_OF_PROVIDER": str(self.home),
            "URL_OF_PROVIDER": self.url,
        }
