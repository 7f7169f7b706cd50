"""Logos: what is no picture, or more than one, and how they are given out."""

import re
import stat
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from tenants.branding import logos
from tenants.branding.models import Branding
from tests.branding.samples import JPEG, SCRIPT, SVG, WEBP, chunk, png
from tests.people import errors_of, owner_of, visitor

PAGE, LOGO = "/admin/branding/branding/1/change/", "/admin/branding/logo/"
NAME = re.compile(r"logos/[0-9a-f]{32}\.(png|jpg|webp)", re.ASCII)

pytestmark = pytest.mark.usefixtures("media")


def send(client, content, name="logo.png", **fields):
    file = SimpleUploadedFile(name, content, content_type="image/png")
    return client.post(PAGE, {"display_name": "", "accent": "", "new_logo": file} | fields)


def stored(tenant):
    with tenant_context(tenant):
        return Branding.current().logo


@pytest.fixture
def owner(acme):
    return owner_of("acme")


@pytest.mark.parametrize(
    ("content", "kind"), [(png(), "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")]
)
def test_a_logo_is_given_out_as_a_picture_and_nothing_else(acme, owner, content, kind):
    send(owner, content)

    answer = visitor("acme").get(LOGO)

    assert answer.content == content
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "name", ["logo.svg", "../../evil.png", "x.html", "logo.png\n.html", "a" * 300]
)
def test_nothing_of_its_name_is_kept_and_its_kind_is_what_it_is(acme, owner, media, name):
    send(owner, png(), name)

    (file,) = [path for path in media.rglob("*") if path.is_file()]
    assert NAME.fullmatch(stored(acme))
    assert file == media / acme.schema_name / stored(acme)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert visitor("acme").get(LOGO).headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (SVG, "SVG is not taken"),
        (b'<?xml version="1.0"?><!DOCTYPE svg>' + SVG, "SVG is not taken"),
        (SCRIPT, "no picture of a kind that is taken"),
        (b"GIF89a=1;" + SCRIPT, "no picture of a kind that is taken"),
        (b"MZ" + b"\0" * 100, "no picture of a kind that is taken"),
        (png(behind=SCRIPT), "something else behind the picture"),
        (png(behind=b"PK\x03\x04"), "something else behind the picture"),
        (JPEG + SVG, "something else behind the picture"),
        (png()[:40], "damaged"),
        (png(2001, 1), "2001 by 1 pixels"),
        (png() + b"\0" * 200 * 1024, "Larger than 200.0"),
    ],
)
def test_what_is_no_picture_or_more_than_one_is_refused_with_the_reason(
    acme, owner, media, content, says
):
    answer = send(owner, content)

    assert says in errors_of(answer)["new_logo"]
    assert not stored(acme)
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_a_script_in_a_comment_does_not_come_back(acme, owner):
    send(owner, png(between=chunk(b"tEXt", SCRIPT)))

    assert b"script" not in visitor("acme").get(LOGO).content


def test_a_file_that_is_far_too_large_is_refused_before_it_is_read(acme, owner, settings):
    settings.ORDER_FILE_MAXIMUM_BYTES = 1000
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    assert send(owner, b"x" * 5000).status_code == 413


def test_one_tenants_logo_is_not_another_ones(acme, globex, owner, media):
    send(owner, png())
    with tenant_context(globex):
        Branding.objects.create(pk=1, logo=stored(acme))

    assert visitor("globex").get(LOGO).status_code == 404


def test_a_file_that_is_gone_is_not_an_error_of_ours(acme, owner, media):
    send(owner, png())
    (media / acme.schema_name / stored(acme)).unlink()

    assert visitor("acme").get(LOGO).status_code == 404
    assert owner.get("/admin/").status_code == 200


def test_another_logo_takes_the_place_of_the_first(
    acme, owner, media, django_capture_on_commit_callbacks
):
    send(owner, png())
    with django_capture_on_commit_callbacks(execute=True):
        send(owner, JPEG)

    (file,) = [path for path in media.rglob("*") if path.is_file()]
    assert file.suffix == ".jpg"


def test_a_logo_that_is_removed_leaves_no_file(
    acme, owner, media, django_capture_on_commit_callbacks
):
    send(owner, png())
    with django_capture_on_commit_callbacks(execute=True):
        owner.post(PAGE, {"display_name": "", "accent": "", "without_logo": "on"})

    assert not stored(acme)
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_files_that_no_row_names_are_swept_after_a_day(acme, globex, owner, media):
    send(owner, png())
    send(owner_of("globex"), png())
    with tenant_context(acme):
        Branding.objects.update(logo="")
        logos.sweep(timezone.now())
        assert len(list(media.rglob("*.png"))) == 2
        logos.sweep(timezone.now() + timedelta(days=2))

    (left,) = media.rglob("*.png")
    assert left == media / globex.schema_name / stored(globex)


def test_other_fields_that_are_sent_along_change_nothing(acme, owner):
    send(owner, png(), logo="logos/evil.png", version="99", id="7")

    with tenant_context(acme), connection.cursor() as cursor:
        cursor.execute("SELECT id, version, logo FROM branding_branding")
        ((number, version, logo),) = cursor.fetchall()
    assert (number, version) == (1, 1)
    assert NAME.fullmatch(logo)
