"""Lists of tables that grow with every slot or order: counted, turned over and drawn in a moment."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

#: What a list counts and turns over: to count a million takes as long as to read them.
COUNT_MAXIMUM = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts and shows the first rows only: nobody turns over more pages than that."""

    @cached_property
    def count(self) -> int:
        # Any so many, as what is in order is found by other ways, and slower ones.
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNT_MAXIMUM].count())

    @property
    def is_cut(self) -> bool:
        """Whether there may be more than is counted."""
        return self.count >= COUNT_MAXIMUM


class LongList(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list that says so when it shows the first rows only, of a table of any size."""

    change_list_template = "admin/long_list.html"
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each count would read the whole table

    def action_checkbox(self, obj: Any) -> SafeString:
        """Draw the box of a row as Django does, which takes two templates for each: a tenth of a page."""
        label = gettext("Choose %(row)s") % {"row": obj}
        box = '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">'
        return format_html(box, ACTION_CHECKBOX_NAME, obj.pk, label)
