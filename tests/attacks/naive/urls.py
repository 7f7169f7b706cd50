"""One admin site for everything, on every host."""

from django.contrib import admin
from django.contrib.auth import views
from django.urls import path

urlpatterns = [
    path("admin/password_reset/", views.PasswordResetView.as_view(), name="admin_password_reset"),
    path("admin/reset/done/", views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "admin/reset/<uidb64>/<token>/",
        views.PasswordResetConfirmView.as_view(success_url="/admin/"),
        name="password_reset_confirm",
    ),
    path("admin/", admin.site.urls),
]
