"""A list of a million orders: searched, counted and turned over in a moment."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, OrderBy, Q, QuerySet, Value
from django.db.models.functions import Collate, Greatest, Lower, Trim
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from admin_parts.long_lists import LongList
from orders.models import Order

#: Orders that a search finds; who has more of them writes more of what they look for.
FOUND_MAXIMUM = 1000
#: A customer as the index has it: folded as the closing rules do, and in the order of its bytes.
FOLDED = Collate(Lower(Trim("customer")), "C")


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


class FastSearch(LongList):
    """Finds orders by how their number or customer begins, each by its index."""

    # What is searched is said below; without it the list has no field to search in.
    search_fields = ("number", "customer")
    search_help_text = _("How a number or a customer begins. Capitals count in numbers.")

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
        rows = queryset.filter(pk__in={key for keys in found for key in keys})
        return rows.order_by(*map(by_no_index, queryset.query.order_by)), False


def by_no_index(name: Any) -> OrderBy:
    """Return the same order as a value that no index has.

    Of a thousand rows that are known by their keys, Postgres may else look for the newest by going
    through all orders from the newest on: it takes them for spread evenly.
    """
    column = F(name.removeprefix("-"))
    return OrderBy(Greatest(column, column), descending=name.startswith("-"))


def keys_of(condition: Q) -> list[int]:
    found = Order.objects.annotate(folded=FOLDED).filter(condition).order_by()
    return list(found.values_list("pk", flat=True)[: FOUND_MAXIMUM + 1])
