"""The form in which a tenant's owner chooses name, colour and logo."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from tenants.branding import logos
from tenants.branding.colours import (
    LEAST_CONTRAST,
    WHITE,
    colour_in,
    contrast,
    is_readable,
    readable_near,
)
from tenants.branding.models import Branding
from tenants.branding.pictures import SIDE_MAXIMUM, Picture, PictureError, read_picture


class BrandingForm(forms.ModelForm):  # type: ignore[type-arg]
    new_logo = forms.FileField(
        label=_("New logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(logos.TYPES.values())}),
    )
    without_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    class Meta:
        model = Branding
        fields = ["display_name", "accent"]
        widgets = {"accent": forms.TextInput(attrs={"spellcheck": "false", "size": 9})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_logo" in self.fields:
            text = _("PNG, JPEG or WebP, at most %(size)s and %(side)s pixels each way.")
            facts = {"size": filesizeformat(settings.LOGO_MAXIMUM_BYTES), "side": SIDE_MAXIMUM}
            self.fields["new_logo"].help_text = text % facts

    def clean_display_name(self) -> str:
        name: str = self.cleaned_data["display_name"]
        if not name.isprintable():
            raise forms.ValidationError(_("Use letters, digits and signs that can be seen."))
        return name

    def clean_accent(self) -> str:
        given: str = self.cleaned_data["accent"]
        if not given:
            return ""
        accent = colour_in(given)
        if accent is None:
            raise forms.ValidationError(_("Write a # and six digits from 0 to f, as in #205067."))
        if not is_readable(accent):
            text = _(
                "White text is hard to read on %(colour)s: the contrast is %(contrast)s to 1, and at "
                "least %(least)s to 1 is needed. %(near)s is the nearest shade that will do."
            )
            facts = {"colour": str(accent), "near": str(readable_near(accent))}
            facts |= {"contrast": shown(contrast(WHITE, accent)), "least": shown(LEAST_CONTRAST)}
            raise forms.ValidationError(text % facts)
        return str(accent)

    def clean_new_logo(self) -> Picture | None:
        file: UploadedFile[Any] | None = self.cleaned_data["new_logo"]
        if not file:
            return None
        maximum = settings.LOGO_MAXIMUM_BYTES
        if (file.size or 0) > maximum:
            text = _("Larger than %(maximum)s: save the picture smaller.")
            raise forms.ValidationError(text % {"maximum": filesizeformat(maximum)})
        try:
            return read_picture(file.read())
        except PictureError as error:
            raise forms.ValidationError(str(error)) from None


def shown(ratio: float) -> str:
    return str(formats.number_format(int(ratio * 10) / 10, 1))
