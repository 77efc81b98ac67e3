"""An environment such as production has, with throw-away values: what `check --deploy` is asked about."""

import base64
import os
import secrets

HOST = "identity.example"


def environment() -> dict[str, str]:
    return {
        **os.environ,
        # A developer's own `.env` is not part of production.
        "DOTENV": os.devnull,
        "DEBUG": "false",
        "BASE_URL": f"https://{HOST}",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": "postgresql://identity@database.example/identity?sslmode=verify-full",
        "REDIS_URL": "rediss://redis.example",
        "MAIL_URL": "smtps://mail.example",
        "TRUSTED_PROXY_COUNT": "1",
    }
