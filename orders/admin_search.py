"""A list of a million orders: searched, counted and turned over in a moment."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Collate, Lower, Trim
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from orders.models import Order

#: What a list counts and turns over: to count a million takes as long as to read them.
COUNT_MAXIMUM = 10_000
#: Orders that a search finds; who has more of them writes more of what they look for.
FOUND_MAXIMUM = 1000
#: A customer as the index has it: folded as the closing rules do, and in the order of its bytes.
FOLDED = Collate(Lower(Trim("customer")), "C")


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    @cached_property
    def count(self) -> int:
        # Any so many, as what is in order is found by other ways, and slower ones.
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNT_MAXIMUM].count())


class CarefulChangeList(ChangeList):
    def get_filters(self, request: HttpRequest) -> Any:
        """Take a year that no calendar has for any other lookup that cannot be."""
        try:
            return super().get_filters(request)
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.result_count:
            # To find no row takes as long as to count none.
            self.result_list = self.queryset.none()


class FastSearch(admin.ModelAdmin):  # type: ignore[type-arg]
    """Finds orders by how their number or customer begins, each by its index."""

    paginator = BoundedPaginator
    # What is searched is said below; without it the list has no field to search in.
    search_fields = ("number", "customer")
    search_help_text = _("How a number or a customer begins. Capitals count in numbers.")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CarefulChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        by_number = Q(number__startswith=term)
        by_customer = Q(folded__startswith=Lower(Trim(Value(term)))) & ~Q(customer="")
        if getattr(request, "is_whole_list", False):
            return queryset.annotate(folded=FOLDED).filter(by_number | by_customer), False
        # Each by its own index, and past the list's filters: asked for both at once, Postgres may read
        # all orders from the newest on, until it has a page full of them.
        found = [keys_of(by_number), keys_of(by_customer)]
        if any(len(keys) > FOUND_MAXIMUM for keys in found):
            text = _("More than %(most)s orders begin so, and not all are shown: write more of it.")
            self.message_user(request, text % {"most": FOUND_MAXIMUM}, messages.WARNING)
        return queryset.filter(pk__in={key for keys in found for key in keys}), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"count_maximum": COUNT_MAXIMUM} | (extra_context or {})
        return super().changelist_view(request, context)


def keys_of(condition: Q) -> list[int]:
    found = Order.objects.annotate(folded=FOLDED).filter(condition).order_by()
    return list(found.values_list("pk", flat=True)[: FOUND_MAXIMUM + 1])
