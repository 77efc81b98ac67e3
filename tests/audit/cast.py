"""Who appears in these tests. Charlie must see nothing."""

from uuid import UUID

from core.client import Facts

ALICE = UUID("a11ce000-0000-4000-8000-000000000001")
BOB = UUID("b0b00000-0000-4000-8000-000000000002")
CHARLIE = UUID("c4a41000-0000-4000-8000-000000000003")
ACME = UUID("acace000-0000-4000-8000-000000000004")

FACTS = Facts(address="203.0.113.7", device="Firefox on Windows", request_id="request-1")
