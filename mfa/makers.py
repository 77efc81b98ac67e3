"""What passkeys are called before their owner names them: after what keeps them, as far as that says who it is."""

from uuid import UUID

from django.utils.translation import gettext as _

from core import client
from core.client import Facts
from mfa.forms import NAME_LIMIT

# By AAGUID, as the makers publish it. Unsigned, so good for a name and for nothing else.
KNOWN = {
    UUID(aaguid): name
    for aaguid, name in {
        "fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "iCloud Keychain",
        "dd4ec289-e01d-41c9-bb89-70fa845d4bf2": "iCloud Keychain",
        "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
        "adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome",
        "08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
        "9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
        "6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
        "53414d53-554e-4700-0000-000000000000": "Samsung Pass",
        "bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
        "d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
        "531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
        "f3809540-7f14-49c1-a8b3-8f813b225541": "Enpass",
        "fdb141b2-5d84-443e-8a35-4698c205a502": "KeePassXC",
        "0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6": "Keeper",
        "b84e4048-15dc-4dd0-8640-f4f60813c8af": "NordPass",
        "50726f74-6f6e-5061-7373-50726f746f6e": "Proton Pass",
        "cb69481e-8ff7-4039-93ec-0a2729a154a8": "YubiKey 5",
        "ee882879-721c-4913-9775-3dfcce97072a": "YubiKey 5",
        "2fc0579f-8113-47ea-b116-bb5a8db9202a": "YubiKey 5 NFC",
        "fa2b99dc-9e39-4257-8f92-4a30d23c4118": "YubiKey 5 NFC",
    }.items()
}
# A device that can only be plugged in or held near is none of those somebody signs in from.
CARRIED = {"usb", "nfc", "ble", "smart-card"}


def name(*, aaguid: UUID, transports: list[str], facts: Facts) -> str:
    """Devices call themselves whatever they like."""
    return _name(aaguid, transports, facts)[:NAME_LIMIT]


def _name(aaguid: UUID, transports: list[str], facts: Facts) -> str:
    known = KNOWN.get(aaguid)
    if known is not None:
        return known
    if transports and CARRIED.issuperset(transports):
        return _("Security key")
    return client.device_in_words(facts.device) if facts.device else _("Passkey")
