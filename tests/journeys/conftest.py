"""A real browser in front of the real web server, with a worker and a mail server behind it."""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from redis import Redis

from identity.local import browser as chromium
from tests.machines.celery import CeleryWorker
from tests.machines.redis import RedisServer
from tests.machines.smtp import SmtpSink
from tests.machines.waiting import until
from tests.machines.web import WebServer
from tests.outbox import waiting

# Milliseconds.
PATIENCE = 15_000
# Pages of the browser's own behind the line for addresses. Every new window loads them, which cost more than what it
# was opened for.
SUGGESTIONS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    executable = chromium.provide()
    # As long as it waits for what it clicks on: a busy machine is no mistake of the page.
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        off = without(playwright.chromium, executable, *SUGGESTIONS)
        running = playwright.chromium.launch(executable_path=executable, args=[off])
        yield running
        running.close()


def without(chromium: BrowserType, executable: str, *features: str) -> str:
    """As an argument. The browser obeys the last of its kind, so it says again what Playwright has switched off."""
    name = "--disable-features="
    # Only then it tells how it was started.
    asked = chromium.launch(executable_path=executable, args=["--enable-automation"])
    arguments = asked.new_browser_cdp_session().send("Browser.getBrowserCommandLine")["arguments"]
    asked.close()
    off = [argument.removeprefix(name) for argument in arguments if argument.startswith(name)]
    return name + ",".join([*off[-1:], *features])


@pytest.fixture(scope="session")
def mail_server() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


@pytest.fixture
def sink(mail_server: SmtpSink) -> SmtpSink:
    """Empty at the start of each journey."""
    mail_server.messages.clear()
    return mail_server


@pytest.fixture(scope="session")
def servers(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, mail_server: SmtpSink
) -> Iterator[tuple[WebServer, RedisServer]]:
    home = tmp_path_factory.mktemp("site")
    # A broker of their own: this worker must not answer when other tests queue mail.
    with RedisServer(home / "redis") as redis:
        around = {"REDIS_URL": redis.url, "MAIL_URL": mail_server.url, "SIGN_IN_BY_MAIL": "true"}
        with WebServer(home, **around) as web, CeleryWorker(home, BASE_URL=web.url, **around):
            yield web, redis


@pytest.fixture
def site(
    servers: tuple[WebServer, RedisServer], sink: SmtpSink, transactional_db: Any
) -> Iterator[WebServer]:
    web, redis = servers
    forget_limits(redis)
    yield web
    # The worker must have nothing left to do in tables that are emptied now: that would be a deadlock.
    until(lambda: waiting() == 0, "the worker to come to rest", seconds=30)


def forget_limits(redis: RedisServer) -> None:
    """What one journey tried too often is no concern of the next. The broker's own keys have to stay."""
    with closing(Redis.from_url(redis.url)) as client:
        for key in client.scan_iter("limit:*"):
            client.delete(key)


@pytest.fixture(params=["desktop", "phone without JavaScript"])
def context(request: pytest.FixtureRequest, browser: Browser, site: WebServer) -> Iterator[BrowserContext]:
    phone = request.param != "desktop"
    size = {"width": 360, "height": 640} if phone else {"width": 1200, "height": 800}
    opened = browser.new_context(base_url=site.url, viewport=size, java_script_enabled=not phone)
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Fails the test when the browser complained about anything, such as a violated policy."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    opened = context.new_page()
    opened.on("console", listen)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert complaints == []
