"""The platform's site, on BASE_DOMAIN."""

from django.urls import include, path
from django.views.generic import RedirectView

from saas.sites import platform_site
from tenants.accounts.urls import password_urls

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", include(password_urls(platform_site))),
    path("admin/", platform_site.urls),
]
