"""What every request and every sign-in passes, in which order: decided here, and by no operator."""

APPS = [
    "accounts.apps.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "corsheaders",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "axes",
    "core",
    "audit",
    "accounts",
    "orgs",
    "sso",
    "mfa",
    "tokens",
    "identity",
]

# The order matters: the outer ones must work when the database, the session or the input is broken.
MIDDLEWARE = [
    "core.requests.RequestMiddleware",
    "core.headers.HeadersMiddleware",
    # From here to its counterpart at the end for pages only.
    "core.lanes.Fork",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.health.HealthMiddleware",
    "csp.middleware.CSPMiddleware",
    "orgs.subdomains.SubdomainMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Before whatever may answer with words: otherwise a refusal would speak the language of the request before it.
    "django.middleware.locale.LocaleMiddleware",
    "core.errors.ErrorMiddleware",
    "core.intake.IntakeMiddleware",
    "accounts.session.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.session.middleware.SessionActivityMiddleware",
    "accounts.session.middleware.PreferencesMiddleware",
    "accounts.impersonation.middleware.ImpersonationMiddleware",
    # Every page wants a signed-in person unless it is marked otherwise.
    "accounts.session.middleware.SignedInMiddleware",
    "mfa.middleware.StaffFactorMiddleware",
    "axes.middleware.AxesMiddleware",
    "core.lanes.Join",
]

# Every sign-in, by whatever way, passes these in this order; accounts/sign_in/adapter.py hands them to allauth.
SIGN_IN_STAGES = [
    "accounts.sign_in.stages.ProvedAddressStage",
    "accounts.sign_in.stages.TermsStage",
    "orgs.stages.OrganizationRulesStage",
    "mfa.stages.SecondFactorStage",
    "mfa.stages.EnrolmentStage",
    # At the end, since earlier stages may wait for a person while things change.
    "accounts.sign_in.stages.ActiveAccountStage",
    "accounts.sign_in.stages.LockedAccountStage",
    "accounts.sign_in.stages.NotRevokedStage",
    "sso.stages.VisitStage",
]

AUTHENTICATION_BACKENDS = [
    # First: it refuses what is locked before anybody looks at the password.
    "axes.backends.AxesStandaloneBackend",
    "accounts.sign_in.backends.PasswordBackend",
    "accounts.roles.backend.RoleBackend",
]

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "core.site.context",
    "accounts.impersonation.middleware.context",
    "accounts.sign_in.reauthentication.context",
]
