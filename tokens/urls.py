from django.urls import path

from tokens.views import jwks, keys

app_name = "tokens"

urlpatterns = [
    path(".well-known/jwks.json", jwks.jwks, name="jwks"),
    path("account/keys/", keys.index, name="keys"),
    path("account/keys/new/", keys.make, name="make-key"),
    path("account/keys/<uuid:public_id>/replace/", keys.rotate, name="rotate-key"),
    path("account/keys/<uuid:public_id>/end/", keys.end, name="end-key"),
]
