import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actions import ActorKind, Outcome, action_choices
from audit.managers import EventQuerySet
from core import crypto
from core.desk.exports import Format
from core.fields import EncryptedJSONField

LEAF_BYTES = 32


class Readability(models.TextChoices):
    READABLE = "readable", _("readable")
    ERASED = "erased", _("erased")
    UNREADABLE = "unreadable", _("cannot be decrypted")


@dataclass(frozen=True)
class PersonalFields:
    """What an event knows about people; empty unless `state` is readable. Fields may be added, never renamed."""

    address: str = ""
    device: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    state: Readability = Readability.READABLE


class PersonKey(models.Model):
    """The key under which the log keeps what is personal about one person; without it nobody reads that again.

    An erased person's row stays, without a key, so that none is ever made again.
    """

    person = models.UUIDField(primary_key=True)
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="audit_personkey_lives_or_not",
                condition=Q(wrapped__isnull=True) ^ Q(destroyed_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.person)

    @staticmethod
    def wrap(key: bytes, *, person: UUID) -> bytes:
        return crypto.encrypt(key, context=f"audit_personkey.wrapped:{person}")

    def unwrapped(self) -> bytes | None:
        """None once destroyed; raises DecryptionError when the ring has lost the key around it."""
        if self.wrapped is None:
            return None
        return crypto.decrypt(bytes(self.wrapped), context=f"audit_personkey.wrapped:{self.person}")


class Event(models.Model):
    """One thing that happened. Written by audit.log alone, and by nobody ever changed.

    People and organizations are named by their public id and not by a foreign key: the log outlives them. A column
    added later must be nullable, since seals leave out what is null; a column once sealed keeps name and type.
    """

    at = models.DateTimeField(_("time"), db_default=Now())
    action = models.CharField(_("action"), max_length=64, choices=action_choices)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    actor_kind = models.CharField(_("kind of actor"), max_length=16, choices=ActorKind.choices)
    actor = models.UUIDField(_("actor"), null=True)
    person = models.UUIDField(_("person concerned"), null=True)
    organization = models.UUIDField(_("organization"), null=True)
    target_kind = models.TextField(_("kind of object"), blank=True)
    target_id = models.TextField(_("object"), blank=True)
    request_id = models.TextField(_("request"), blank=True)
    changes = models.JSONField(_("changed fields"), default=list)
    data = models.JSONField(_("details"), default=dict)
    # No constraint in the database: checking it would lock the key's row at every insert.
    key = models.ForeignKey(
        PersonKey, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    personal = models.BinaryField(null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(
                F("person"), F("id").desc(), name="audit_event_person", condition=Q(person__isnull=False)
            ),
            models.Index(
                F("actor"), F("id").desc(), name="audit_event_actor", condition=Q(actor__isnull=False)
            ),
            models.Index(
                F("organization"),
                F("id").desc(),
                name="audit_event_organization",
                condition=Q(organization__isnull=False),
            ),
            models.Index(F("action"), F("id").desc(), name="audit_event_action"),
            models.Index(F("at").desc(), F("id").desc(), name="audit_event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.action}"

    @property
    def by_themselves(self) -> bool:
        """Otherwise address and device are somebody else's, and not for the person's eyes."""
        return self.actor == self.person

    @property
    def personal_context(self) -> str:
        """Ties the ciphertext to its row, so that it cannot be moved to another."""
        facts = (self.action, self.outcome, self.actor, self.person, self.organization, self.request_id)
        return "audit_event.personal:" + json.dumps([str(fact) for fact in facts])

    def personal_fields(self) -> PersonalFields:
        """Reads the stored key, so that an erasure counts at once. Never raises."""
        if self.key_id is None:
            return PersonalFields()
        try:
            key = self._personal_key()
            if key is None:
                return PersonalFields(state=Readability.ERASED)
            plain = crypto.decrypt_with(key, bytes(self.personal or b""), context=self.personal_context)
        except crypto.DecryptionError:
            return PersonalFields(state=Readability.UNREADABLE)
        return PersonalFields(**json.loads(plain))

    def _personal_key(self) -> bytes | None:
        try:
            return self.key.unwrapped() if self.key else None
        except PersonKey.DoesNotExist:
            return None


class DayTally(models.Model):
    """How often something happened on a day (UTC), so that nobody counts a million events for a drawing."""

    day = models.DateField()
    action = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint("day", "action", name="one_tally_of_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.action} {self.number}"


class Verification(models.Model):
    """Somebody at the desk asked whether the log is intact. A worker finds out, and the answer stays here."""

    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    events = models.BigIntegerField(default=0)
    seals = models.BigIntegerField(default=0)
    waiting = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)
    # In words, as the command says it; empty where all is well.
    fault = models.TextField(blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"verification {self.pk}"

    @property
    def is_intact(self) -> bool:
        return self.finished_at is not None and not self.fault


class SavedExport(models.Model):
    """What the list of events is narrowed down by, under a name, to be taken away again and again."""

    name = models.CharField(_("name"), max_length=60)
    # They may name people.
    filters = EncryptedJSONField(_("narrowed down by"), default=dict)
    format = models.CharField(_("format"), max_length=10, choices=Format.choices)
    made_by = models.UUIDField(_("made by"))
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    last_run_at = models.DateTimeField(_("last run"), null=True)

    class Meta:
        verbose_name = _("kept export")
        verbose_name_plural = _("kept exports")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.name)


class Seal(models.Model):
    """Fixes a batch of events for ever: nobody without the key ring can make another that fits.

    Seals are counted without gaps and each carries the digest of the one before, so none can be taken out.
    """

    id = models.BigIntegerField(primary_key=True)
    previous = models.BinaryField()
    event_ids = ArrayField(models.BigIntegerField())
    # One SHA-256 per event, in the order of event_ids.
    leaves = models.BinaryField()
    count = models.PositiveIntegerField()
    # The highest event id that the sealer has come to.
    highest = models.BigIntegerField()
    # Whatever could be seen at this moment is in this or an earlier seal.
    complete_at = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField()
    key_id = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.pk} {bytes(self.digest).hex()}"

    def computed_digest(self) -> bytes:
        """Over every column; raises DecryptionError when the key has left the ring."""
        content = [
            self.id,
            bytes(self.previous).hex(),
            self.event_ids,
            bytes(self.leaves).hex(),
            self.count,
            self.highest,
            self.complete_at and _instant(self.complete_at),
            _instant(self.sealed_at),
        ]
        return crypto.mac(json.dumps(content).encode(), purpose="audit-seal", key_id=bytes(self.key_id))

    def entries(self) -> Iterator[tuple[int, bytes]]:
        """Each sealed event's id with its leaf."""
        leaves = bytes(self.leaves)
        for position, event_id in enumerate(self.event_ids):
            yield event_id, leaves[position * LEAF_BYTES : (position + 1) * LEAF_BYTES]


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
