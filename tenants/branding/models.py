"""What a tenant chose of its looks: one row in its own schema, or none."""

from __future__ import annotations

from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

NAME_MAXIMUM = 60  # characters
ACCENT = "^(#[0-9a-f]{6})?$"
LOGO = r"^(logos/[0-9a-f]{32}\.(png|jpg|webp))?$"


class Branding(models.Model):
    """Postgres too holds colour and file name to what they can be, whoever writes them."""

    ONLY = 1

    display_name = models.CharField(
        _("name"),
        max_length=NAME_MAXIMUM,
        blank=True,
        validators=[ProhibitNullCharactersValidator()],
        help_text=_(
            "Shown at the top of every page and in mails. Empty: the name by which the platform knows you."
        ),
    )
    accent = models.CharField(
        _("accent colour"),
        max_length=7,
        blank=True,
        help_text=_(
            "Of the bar at the top and of buttons, as in #205067. White text must be readable on it. "
            "Empty: the usual one."
        ),
    )
    logo = models.CharField(_("logo"), max_length=60, blank=True, editable=False)
    #: Counts up, so that addresses of what browsers keep change with it.
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("branding")
        verbose_name_plural = _("branding")
        constraints = (
            models.CheckConstraint(name="branding_is_one_row", condition=models.Q(id=1)),
            models.CheckConstraint(
                name="branding_accent_is_a_colour", condition=models.Q(accent__regex=ACCENT)
            ),
            models.CheckConstraint(
                name="branding_logo_is_a_file_of_ours", condition=models.Q(logo__regex=LOGO)
            ),
        )

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> Branding:
        """Return what was chosen in the current schema, stored or not."""
        return cls.objects.first() or cls(pk=cls.ONLY)
