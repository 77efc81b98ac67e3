"""Every setting of the site, in sections. Values come from the environment; `.env.example` explains each."""

import os
from datetime import timedelta
from email.utils import formataddr, getaddresses, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from csp.constants import NONE, SELF
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from core import logs
from identity import limits, schedule, social, stack
from identity.env import Env, SettingError

ROOT = Path(__file__).resolve().parent.parent
env = Env.load(Path(os.environ.get("DOTENV", ROOT / ".env")))

# --- Where and how it runs ------------------------------------------------------------------------

DEBUG = env.boolean("DEBUG", default=False)
SITE_NAME = env.text("SITE_NAME", "Identity")
_base_url = env.url("BASE_URL", {"http", "https"}, "http://localhost:8000")
BASE_URL = _base_url.geturl().rstrip("/")
if _base_url.path.strip("/") or _base_url.query or _base_url.fragment:
    raise SettingError("BASE_URL: expected an address without a path, such as https://id.example.org.")
BASE_HOST = _base_url.hostname or ""
HTTPS = _base_url.scheme == "https"
ALLOWED_HOSTS = [BASE_HOST, *env.words("ALLOWED_HOSTS")]
# How many proxies in front of the site append to X-Forwarded-For; None is refused outside development.
TRUSTED_PROXY_COUNT = env.optional_integer("TRUSTED_PROXY_COUNT", maximum=9)
# Pages that exist for developers only; unlike DEBUG, tests see them too.
DEVELOPMENT_PAGES = DEBUG

ROOT_URLCONF = "identity.urls"
WSGI_APPLICATION = "identity.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Secrets --------------------------------------------------------------------------------------

# Known to everybody who reads this file: identity/checks.py refuses them outside development.
DEVELOPMENT_SECRET_KEY = "development-only-" + "0" * 48
DEVELOPMENT_FIELD_KEY = "ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMDAwMDA="

SECRET_KEY = env.text("SECRET_KEY", DEVELOPMENT_SECRET_KEY)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# The first key encrypts, all of them decrypt.
FIELD_ENCRYPTION_KEYS = env.words("FIELD_ENCRYPTION_KEYS", DEVELOPMENT_FIELD_KEY)

# --- Apps and middleware --------------------------------------------------------------------------

INSTALLED_APPS = stack.APPS
MIDDLEWARE = stack.MIDDLEWARE

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": stack.CONTEXT_PROCESSORS,
        },
    }
]
FORM_RENDERER = "core.forms.Renderer"

# --- Database -------------------------------------------------------------------------------------

DATABASE_URL = env.text("DATABASE_URL")
# Where identity/local/postgres.py keeps the embedded server of development.
EMBEDDED_POSTGRES = ROOT / "var" / "postgres"

try:
    _database = conninfo_to_dict(DATABASE_URL or f"dbname=identity user=postgres host={EMBEDDED_POSTGRES}")
except ProgrammingError:
    raise SettingError(
        "DATABASE_URL: expected an address such as postgresql://user:password@host:5432/name."
    ) from None

DATABASES: dict[str, Any] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.pop("dbname", ""),
        "USER": _database.pop("user", ""),
        "PASSWORD": _database.pop("password", ""),
        "HOST": _database.pop("host", ""),
        "PORT": _database.pop("port", ""),
        # One connection per thread, kept: docs/decisions/0003-database-connections.md.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 2,
            "tcp_user_timeout": 5000,
            "keepalives_idle": 30,
            "application_name": "identity",
            # A slow or stuck database answers 503 instead of holding every worker.
            "options": (
                "-c statement_timeout=5s -c lock_timeout=3s -c idle_in_transaction_session_timeout=30s"
            ),
            **_database,
        },
    }
}

# --- Redis: a cache and a mover, never the truth --------------------------------------------------

REDIS_URL = env.text("REDIS_URL")
CACHES: dict[str, Any] = {
    "default": (
        {"BACKEND": "core.cache.ForgivingRedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "identity"}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}
    )
}

# --- Background work ------------------------------------------------------------------------------

BROKER_URL = env.text("BROKER_URL", REDIS_URL)
CELERY_BROKER_URL = BROKER_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"socket_connect_timeout": 1, "socket_timeout": 5, "visibility_timeout": 600}
    if BROKER_URL
    else {
        "data_folder_in": str(ROOT / "var" / "broker"),
        "data_folder_out": str(ROOT / "var" / "broker"),
        "control_folder": str(ROOT / "var" / "broker-control"),
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.1}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"core.tasks.deliver_mail": {"queue": "mail"}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = schedule.REGULAR

# --- Mail -----------------------------------------------------------------------------------------

MAIL_FROM = env.text("MAIL_FROM", formataddr((SITE_NAME, f"no-reply@{BASE_HOST}")))
if "@" not in parseaddr(MAIL_FROM)[1] or len(getaddresses([MAIL_FROM])) != 1:
    raise SettingError("MAIL_FROM: expected one address, such as Identity <no-reply@example.org>.")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
_mail = env.optional_url("MAIL_URL", {"smtp", "smtps", "smtp+starttls"})
# Without a server, development keeps mail in the outbox, where /dev/mailbox/ shows it.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _mail else 'dummy'}.EmailBackend"
EMAIL_HOST = (_mail and _mail.hostname) or ""
EMAIL_PORT = (_mail and _mail.port) or {"smtps": 465, "smtp+starttls": 587}.get(
    _mail.scheme if _mail else "", 25
)
EMAIL_HOST_USER = unquote((_mail and _mail.username) or "")
EMAIL_HOST_PASSWORD = unquote((_mail and _mail.password) or "")
EMAIL_USE_SSL = _mail is not None and _mail.scheme == "smtps"
EMAIL_USE_TLS = _mail is not None and _mail.scheme == "smtp+starttls"
EMAIL_TIMEOUT = 10

# --- Browser: cookies, headers, limits ------------------------------------------------------------

_cookie_prefix = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_cookie_prefix}session"
# Of pages that use the API; its path is that of one endpoint, so it cannot carry the other prefix.
REFRESH_COOKIE_NAME = "__Secure-refresh" if HTTPS else "refresh"
BROWSER_COOKIE_NAME = f"{_cookie_prefix}browser"
TRUSTED_BROWSER_COOKIE_NAME = f"{_cookie_prefix}trusted"
CSRF_COOKIE_NAME = f"{_cookie_prefix}csrf"
LANGUAGE_COOKIE_NAME = f"{_cookie_prefix}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Of pages; programs are refused instead, by core.intake.
SECURE_SSL_REDIRECT = HTTPS
SECURE_SSL_HOST = _base_url.netloc if HTTPS else None
# A header of the client's own is believed only when a proxy that we know of overwrites it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "report-uri": ["/csp-report"],
    }
}

REQUEST_BODY_LIMIT = env.integer("REQUEST_BODY_LIMIT", 1_048_576, minimum=65_536)
DATA_UPLOAD_MAX_MEMORY_SIZE = REQUEST_BODY_LIMIT
API_BODY_LIMIT = 65_536

RATE_LIMITS = limits.RATE_LIMITS

# --- People and sign-in ---------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
REGISTRATION = env.choice("REGISTRATION", "open", {"open", "domains", "invitation", "closed"})
REGISTRATION_DOMAINS = [domain.lower() for domain in env.words("REGISTRATION_DOMAINS")]
if REGISTRATION == "domains" and not REGISTRATION_DOMAINS:
    raise SettingError("REGISTRATION_DOMAINS: name at least one domain, or choose another REGISTRATION.")
# Accounts whose address nobody confirmed are deleted after this time.
UNCONFIRMED_RETENTION = env.duration("UNCONFIRMED_RETENTION", "7d")
INVITATION_LIFETIME = timedelta(hours=72)
# Whether a code or link by mail can take the place of the password; never that of the second factor.
SIGN_IN_BY_MAIL = env.boolean("SIGN_IN_BY_MAIL", default=False)
# Whoever signs up agrees to this version; after a new one everybody is asked again. Empty: nobody is asked.
TERMS_VERSION = env.text("TERMS_VERSION")
TERMS_URL = env.address("TERMS_URL")
PRIVACY_URL = env.address("PRIVACY_URL")
if TERMS_VERSION and not (TERMS_URL or PRIVACY_URL):
    raise SettingError(
        "TERMS_VERSION: needs TERMS_URL or PRIVACY_URL, where people can read what they accept."
    )
AUTHENTICATION_BACKENDS = stack.AUTHENTICATION_BACKENDS
SESSION_ENGINE = "accounts.session.store"
SESSION_IDLE_TIMEOUT = env.duration("SESSION_IDLE_TIMEOUT", "14d")
SESSION_ABSOLUTE_TIMEOUT = env.duration("SESSION_ABSOLUTE_TIMEOUT", "30d")
# A session that belongs to nobody yet: a sign-up or sign-in under way.
SESSION_ANONYMOUS_TIMEOUT = env.duration("SESSION_ANONYMOUS_TIMEOUT", "1h")
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE_TIMEOUT.total_seconds())

# The same for staff, who can do more harm.
STAFF_SESSION_IDLE_TIMEOUT = env.duration("STAFF_SESSION_IDLE_TIMEOUT", "15m")
STAFF_SESSION_ABSOLUTE_TIMEOUT = env.duration("STAFF_SESSION_ABSOLUTE_TIMEOUT", "12h")
# How many browsers one person may be signed in with; the one not seen for longest gives way. 0: any number.
SESSIONS_PER_PERSON = env.integer("SESSIONS_PER_PERSON", 0)
# How long a browser is known after the last sign-in with it.
BROWSER_MEMORY = timedelta(days=365)

# How long a browser is spared the second step, for whoever asks for it.
TRUSTED_BROWSER_LIFETIME = timedelta(days=30)

# How long somebody has to cancel, when an administrator resets their second step and no second one confirms.
FACTOR_RESET_HOLD = env.duration("FACTOR_RESET_HOLD", "24h")

# Whether those at the desk whose role allows it may act in a person's place, and for how long at a time.
IMPERSONATION = env.boolean("IMPERSONATION", default=False)
IMPERSONATION_LIMIT = env.duration("IMPERSONATION_LIMIT", "30m")

# How long a proof of who somebody is lasts before a sensitive change asks for another.
REAUTHENTICATION_TIMEOUT = env.duration("REAUTHENTICATION_TIMEOUT", "10m")

SIGN_IN_STAGES = stack.SIGN_IN_STAGES
# Which of them may say, before a password is asked, that an address signs in elsewhere.
SIGN_IN_ROUTES = ["sso.enterprise.routes.of_domain"]

# What answers /api/auth/authorize: tuples of policies, ours and the site's own (docs/authorization.md).
AUTHORIZATION_POLICIES = ["orgs.decisions.built_in.POLICIES", *env.words("AUTHORIZATION_POLICIES")]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:home"
ACCOUNT_ADAPTER = "accounts.sign_in.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "accounts:signed-out"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_TIMEOUT = 900
# core.ratelimit limits instead: allauth's counters live in the cache, which may vanish.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_FORMS = {"signup": "accounts.forms.SignUpForm", "login": "accounts.forms.SignInForm"}

# accounts/sign_in/lockout.py explains what is used of axes.
AXES_HANDLER = "accounts.sign_in.lockout.Handler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "accounts.sign_in.lockout.username_of"
AXES_CLIENT_IP_CALLABLE = "accounts.sign_in.lockout.network_of"
AXES_WHITELIST_CALLABLE = "accounts.sign_in.lockout.is_exempt"
AXES_LOCKOUT_CALLABLE = "accounts.sign_in.lockout.respond"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

PASSWORD_HASHERS = [
    "accounts.passwords.argon2id.Argon2idHasher",
    "accounts.passwords.foreign.ImportedHasher",
]
PASSWORD_HASH_MEMORY_KIB = env.integer("PASSWORD_HASH_MEMORY_KIB", 47_104, minimum=8)
PASSWORD_HASH_ROUNDS = env.integer("PASSWORD_HASH_ROUNDS", 1, minimum=1)
# Hashes at once in one process: each keeps a core busy and takes the memory above.
PASSWORD_HASH_CONCURRENCY = env.integer("PASSWORD_HASH_CONCURRENCY", os.cpu_count() or 1, minimum=1)
PASSWORD_CHARACTER_CLASSES = env.integer("PASSWORD_CHARACTER_CLASSES", 0, maximum=4)
PASSWORD_CONTEXT_WORDS = env.words("PASSWORD_CONTEXT_WORDS")
# How many passwords, the present one among them, a new one must differ from.
PASSWORD_HISTORY = env.integer("PASSWORD_HISTORY", 5, maximum=24)
# Made by `manage.py build_breached_set`; a larger one may take the place of the one that comes with the site.
PASSWORD_BREACHED_SET = Path(
    env.text("PASSWORD_BREACHED_SET", str(ROOT / "accounts" / "passwords" / "breached.set"))
)
_breach_api = env.optional_url("PASSWORD_BREACH_API_URL", {"https"})
PASSWORD_BREACH_API_URL = _breach_api.geturl().rstrip("/") if _breach_api else ""
PASSWORD_MINIMUM_LENGTH = env.integer("PASSWORD_MINIMUM_LENGTH", 12, minimum=8, maximum=64)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MINIMUM_LENGTH},
    },
    {"NAME": "accounts.passwords.policy.MaximumLengthValidator", "OPTIONS": {"max_length": 256}},
    {"NAME": "accounts.passwords.policy.CharacterClassesValidator"},
    {"NAME": "accounts.passwords.policy.ContextWordsValidator"},
    {
        "NAME": "accounts.passwords.policy.OwnDetailsValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "accounts.passwords.policy.BreachedPasswordValidator"},
]

# --- Organizations --------------------------------------------------------------------------------

# Who may make one on its pages; whoever runs the site always may.
ORGANIZATIONS_BY = env.choice("ORGANIZATIONS_BY", "staff", {"staff", "anyone"})
# Whether <short name>.<host> leads to an organization's pages; needs DNS and a certificate for all such names.
ORGANIZATION_SUBDOMAINS = env.boolean("ORGANIZATION_SUBDOMAINS", default=False)
if ORGANIZATION_SUBDOMAINS:
    ALLOWED_HOSTS.append(f".{BASE_HOST}")

# Who is asked whether a domain is an organization's own; empty: whomever this machine asks.
DNS_SERVERS = env.servers("DNS_SERVERS", port=53)

# --- Tokens for programs --------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tokens.api.authentication.Bearer"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "accounts.api.schema.Schema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": SITE_NAME,
    "DESCRIPTION": "Sign-in, accounts and organizations, for programs.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/",
    "POSTPROCESSING_HOOKS": ["accounts.api.schema.finished"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
# Pages of other sites that may call the API from browsers. They are trusted with what their visitors type.
API_ALLOWED_ORIGINS = env.origins("API_ALLOWED_ORIGINS")
CORS_ALLOWED_ORIGINS = API_ALLOWED_ORIGINS
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_CREDENTIALS = True
# Passed by the API instead of what pages pass.
API_MIDDLEWARE = [
    *(["orgs.subdomains.SubdomainMiddleware"] if ORGANIZATION_SUBDOMAINS else []),
    *(["corsheaders.middleware.CorsMiddleware"] if API_ALLOWED_ORIGINS else []),
    "core.lanes.LanguageMiddleware",
    "core.errors.ErrorMiddleware",
    "core.intake.IntakeMiddleware",
]
CORS_EXPOSE_HEADERS = ["Retry-After", "WWW-Authenticate", "X-Request-Id"]
# The longest that an API key of somebody's own may be good for.
API_KEY_LIFETIME = env.duration("API_KEY_LIFETIME", "365d")
SERVICE_CREDENTIAL_LIFETIME = env.duration("SERVICE_CREDENTIAL_LIFETIME", "365d")
TOKEN_ALGORITHM = env.choice("TOKEN_ALGORITHM", "EdDSA", {"EdDSA", "ES256", "RS256"})
# Whom tokens are for: programs that check them expect this name.
TOKEN_AUDIENCE = env.text("TOKEN_AUDIENCE", BASE_URL)
ACCESS_TOKEN_LIFETIME = env.duration("ACCESS_TOKEN_LIFETIME", "10m")
# How long a program may pause between two refreshes, and how long one sign-in lasts in any case.
REFRESH_IDLE_TIMEOUT = env.duration("REFRESH_IDLE_TIMEOUT", "14d")
REFRESH_ABSOLUTE_TIMEOUT = env.duration("REFRESH_ABSOLUTE_TIMEOUT", "30d")
# A key signs so long before another takes its place by itself.
SIGNING_KEY_LIFETIME = env.duration("SIGNING_KEY_LIFETIME", "90d")

# --- Others who vouch for our users ---------------------------------------------------------------

SOCIAL_PROVIDERS = social.providers(env)
# Everything that a provider is asked while somebody waits has to fit into this.
SOCIAL_PROVIDER_PATIENCE = 4.0
SOCIALACCOUNT_ADAPTER = "sso.social.adapter.SocialAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = False
# We ask once who somebody is; we never act in their name. sso/social/checks.py refuses another value.
SOCIALACCOUNT_STORE_TOKENS = False

# --- Language, time, static files -----------------------------------------------------------------

LANGUAGE_CODE = "en"
# Each by the name its own readers give it. One is listed once all of its texts are there (identity/local/messages.py).
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "var" / "static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

# --- Evidence -------------------------------------------------------------------------------------

# Says roughly where an address is, on pages and in mails about sign-ins.
GEOIP_FILE = env.text("GEOIP_FILE")
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"})
LOG_FORMAT = env.choice("LOG_FORMAT", "console" if DEBUG else "json", {"json", "console"})
LOGGING_CONFIG = None
logs.configure(level=LOG_LEVEL, style=LOG_FORMAT)
# /metrics answers whoever brings this as a bearer token; without one it does not exist.
METRICS_TOKEN = env.text("METRICS_TOKEN")
# Sent mail is kept this long, readable by nobody but the resend button.
OUTBOX_RETENTION = env.duration("OUTBOX_RETENTION", "7d")

# --- Local work: `make run`, `make test` ----------------------------------------------------------

DEVELOPMENT_PORT = env.integer("PORT", 8000, minimum=1, maximum=65_535)
