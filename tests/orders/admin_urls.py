"""A tenant's admin site with nothing but this app, for its tests."""

from django.contrib.admin import AdminSite
from django.urls import path

from orders.admin import DailyReportAdmin, OrderAdmin
from orders.models import DailyReport, Order

site = AdminSite()
site.register(Order, OrderAdmin)
site.register(DailyReport, DailyReportAdmin)

urlpatterns = [path("admin/", site.urls)]
