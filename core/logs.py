"""Structured logs: one JSON object a line, each with the request's id, none with a secret."""

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAMES = re.compile(
    r"pass(word|wd)|secret|token|authorization|cookie|csrf|otp|api_?key|session_?key", re.IGNORECASE
)
# Addresses of one-time links carry their secret in the path.
SECRET_PATHS = re.compile(r"(/account/(?:confirm-email|password/reset)/)[^/\s?]+")
HIDDEN = "[hidden]"


def configure(*, level: str, style: str) -> None:
    """Sends everything, ours and the libraries', through one formatter to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        without_request,
    ]
    renderer: structlog.typing.Processor
    if style == "json":
        renderer = structlog.processors.JSONRenderer()
        shared.append(structlog.processors.format_exc_info)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        # Hiding comes last, when tracebacks are text like everything else.
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide_secrets, renderer],
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"structured": {"()": lambda: formatter}},
            "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stream"], "level": level},
            # Django repeats every 4xx as a warning; the request log has them already.
            "loggers": {"django.request": {"level": "ERROR"}, "django.security": {"level": "ERROR"}},
        }
    )


def without_request(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Django adds the request itself, whose address may carry a secret; its id is there already."""
    event.pop("request", None)
    return event


def hide_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if SECRET_NAMES.search(name):
            event[name] = HIDDEN
        elif isinstance(value, str):
            event[name] = SECRET_PATHS.sub(rf"\g<1>{HIDDEN}", value)
    return event
