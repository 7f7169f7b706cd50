"""A tenant's site, on each of its own hosts."""

from django.urls import include, path
from django.views.generic import RedirectView

from saas.sites import tenant_site
from tenants.accounts.urls import password_urls

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", include(password_urls(tenant_site))),
    path("admin/", tenant_site.urls),
]
