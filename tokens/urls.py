from django.urls import path

from tokens import views

app_name = "tokens"

urlpatterns = [
    path(".well-known/jwks.json", views.jwks, name="jwks"),
]
