"""When, from where and how well proved: what an application vouches for, or what we know of a person ourselves.

Whatever is missing or cannot be read is None, and no condition about it holds.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.sign_in import reauthentication
from core import client
from orgs.decisions import strength
from orgs.decisions.strength import Strength
from orgs.models import Organization

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Surroundings:
    at: datetime | None
    address: Address | None = None
    proved: Strength | None = None


def vouched_for(context: Mapping[str, Any]) -> Surroundings:
    """By a service account. Without a time it is now."""
    return Surroundings(
        at=_time(context["time"]) if "time" in context else timezone.now(),
        address=_address(context.get("ip")),
        proved=strength.said(context.get("factor"), context.get("amr")),
    )


def of_caller(request: HttpRequest, organization: Organization) -> Surroundings:
    """Of a person who asks about themselves: what they say of it counts for nothing."""
    proved = strength.of_methods(reauthentication.methods_used(request, organization=organization.public_id))
    if reauthentication.two_factors_for(request, organization.public_id):
        proved = max(proved or Strength.TWO_FACTORS, Strength.TWO_FACTORS)
    return Surroundings(at=timezone.now(), address=_address(client.address(request)), proved=proved)


def _time(value: Any) -> datetime | None:
    """With its offset: a time of nowhere is none."""
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _address(value: Any) -> Address | None:
    """An IPv4 address that IPv6 merely wraps is that IPv4 address."""
    try:
        found = ipaddress.ip_address(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
