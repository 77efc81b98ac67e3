"""What is done again and again, without anybody asking for it."""

from celery.schedules import crontab

REGULAR = {
    # Requests nudge the worker; these catch what a lost nudge left behind.
    "deliver-mail": {"task": "core.tasks.deliver_mail", "schedule": 10, "options": {"expires": 10}},
    "seal-audit-log": {"task": "audit.tasks.seal", "schedule": 10, "options": {"expires": 10}},
    # What a worker was not woken for.
    "verify-audit-log": {"task": "audit.tasks.verify_asked", "schedule": 60, "options": {"expires": 60}},
    "count-days": {"task": "audit.tasks.count_days", "schedule": 300, "options": {"expires": 300}},
    "prune-tokens": {"task": "tokens.tasks.prune", "schedule": crontab(minute="47")},
    "warn-of-ending-keys": {"task": "tokens.tasks.warn", "schedule": crontab(minute="57")},
    "prune-core": {"task": "core.tasks.prune", "schedule": crontab(minute="17")},
    "work-off-bulk": {"task": "accounts.tasks.work_off_bulk", "schedule": 10, "options": {"expires": 10}},
    "end-roles": {"task": "accounts.tasks.end_roles", "schedule": 60, "options": {"expires": 60}},
    "prune-accounts": {"task": "accounts.tasks.prune", "schedule": crontab(minute="27")},
    "release-factor-resets": {"task": "mfa.tasks.release_resets", "schedule": 60, "options": {"expires": 60}},
    "prune-sso": {"task": "sso.tasks.prune", "schedule": crontab(minute="7")},
    "read-metadata-anew": {
        "task": "sso.tasks.read_metadata_anew",
        "schedule": crontab(minute="13", hour="4"),
    },
    "warn-of-ending-certificates": {
        "task": "sso.tasks.warn",
        "schedule": crontab(minute="23", hour="6"),
    },
    "prune-mfa": {"task": "mfa.tasks.prune", "schedule": crontab(minute="37")},
}
