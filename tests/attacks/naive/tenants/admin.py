from django.contrib import admin

from .models import Domain, Tenant

for model in (Tenant, Domain):
    admin.site.register(model)
