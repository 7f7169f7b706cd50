"""What a tenant has closed beyond the age, and its holidays."""

import datetime
from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_later_changes")]

    operations = [
        migrations.CreateModel(
            "ClosingRules",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "closes_open",
                    models.BooleanField(db_default=True, default=True, verbose_name="open orders"),
                ),
                (
                    "closes_fulfilled",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="fulfilled orders"
                    ),
                ),
                (
                    "least_total",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Orders of less are left alone. Empty: there is no least.",
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="least total",
                    ),
                ),
                (
                    "greatest_total",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Orders of more are left alone. Empty: there is no greatest.",
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="greatest total",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        blank=True,
                        default="", db_default="",
                        help_text="With a least or greatest total, orders in any other currency are left "
                        "alone, as amounts in different currencies are not compared.",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Z]{3}\\Z", "Write three capitals, such as EUR."
                            )
                        ],
                        verbose_name="currency of these totals",
                    ),
                ),
                (
                    "never_closed",
                    models.TextField(
                        blank=True,
                        default="", db_default="",
                        help_text="One customer per line, as written in the orders. Capitals, and spaces "
                        "around a name, make no difference.",
                        validators=[django.core.validators.MaxLengthValidator(50000)],
                        verbose_name="customers whose orders are never closed",
                    ),
                ),
            ],
            options={"verbose_name": "closing rules", "verbose_name_plural": "closing rules"},
        ),
        migrations.CreateModel(
            "Holiday",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rules",
                    models.ForeignKey(
                        default=1,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="holidays",
                        to="orders.closingrules",
                    ),
                ),
                (
                    "day",
                    models.DateField(
                        unique=True,
                        validators=[
                            django.core.validators.MinValueValidator(datetime.date(1900, 1, 1)),
                            django.core.validators.MaxValueValidator(datetime.date(2199, 12, 31)),
                        ],
                        verbose_name="day",
                    ),
                ),
                (
                    "every_year",
                    models.BooleanField(db_default=False, default=False, verbose_name="each year"),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True, default="", db_default="", max_length=100, verbose_name="name"
                    ),
                ),
            ],
            options={
                "verbose_name": "holiday",
                "verbose_name_plural": "holidays, on which nothing is closed",
                "ordering": ("day",),
            },
        ),
        migrations.AddConstraint(
            "closingrules",
            models.CheckConstraint(
                condition=models.Q(("id", 1)), name="closing_rules_are_one_row"
            ),
        ),
        migrations.AddConstraint(
            "closingrules",
            models.CheckConstraint(
                condition=models.Q(
                    ("closes_open", True), ("closes_fulfilled", True), _connector="OR"
                ),
                name="closing_rules_close_something",
            ),
        ),
        migrations.AddConstraint(
            "closingrules",
            models.CheckConstraint(
                condition=models.Q(("least_total__range", (0, Decimal("999999999999.99")))),
                name="closing_rules_least_total_can_be",
            ),
        ),
        migrations.AddConstraint(
            "closingrules",
            models.CheckConstraint(
                condition=models.Q(("greatest_total__range", (0, Decimal("999999999999.99")))),
                name="closing_rules_greatest_total_can_be",
            ),
        ),
        migrations.AddConstraint(
            "closingrules",
            models.CheckConstraint(
                condition=models.Q(("greatest_total__gte", models.F("least_total"))),
                name="closing_rules_totals_are_in_order",
            ),
        ),
        migrations.AddConstraint(
            "closingrules",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("greatest_total", None), ("least_total", None)),
                    ("currency__regex", "^[A-Z]{3}$"),
                    _connector="OR",
                ),
                name="closing_rules_totals_have_a_currency",
            ),
        ),
        migrations.AddConstraint(
            "closingrules",
            models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length("never_closed"), 50000
                ),
                name="closing_rules_names_are_bounded",
            ),
        ),
        migrations.AddConstraint(
            "holiday",
            models.CheckConstraint(
                condition=models.Q(
                    ("day__range", (datetime.date(1900, 1, 1), datetime.date(2199, 12, 31)))
                ),
                name="holiday_is_in_our_time",
            ),
        ),
    ]
