"""The page on which a tenant says how long its runs are kept."""

from typing import Any

from django.http import HttpRequest, HttpResponseRedirect

from admin_parts.one_row import OneRowAdmin


class RunRetentionAdmin(OneRowAdmin):
    fields = ["runs_kept_days"]

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return self.go_to("scheduling_run_changelist")
