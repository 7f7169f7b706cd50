"""Admin lists of tables that grow with every slot."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from tenants.read_only import ReadOnlyAdmin

COUNT_MAXIMUM = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts and shows the first rows only: counting millions takes seconds, and nobody pages there."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list[:COUNT_MAXIMUM].count())  # type: ignore[attr-defined]


class LongListAdmin(ReadOnlyAdmin):
    """Shows tables that grow with every slot."""

    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description=_("tenant"))
    def whose(self, row: Any) -> str:
        """The tenant of a row of the platform's: the column itself is called nothing that is translated."""
        return str(row.tenant)
