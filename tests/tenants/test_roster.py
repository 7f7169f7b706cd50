import json

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django_tenants.utils import tenant_context

from tenants.models import Tenant
from tenants.roster import lines_of


@pytest.fixture
def roster(tmp_path):
    def write(text):
        path = tmp_path / "tenants.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def provision(path, capsys):
    """Run the command; return what it answers and its exit code."""
    try:
        call_command("provision_tenants", str(path), "--json")
    except SystemExit as end:
        return json.loads(capsys.readouterr().out), end.code
    return json.loads(capsys.readouterr().out), 0


def test_every_line_becomes_a_tenant_with_an_invited_owner(
    acme, roster, capsys, django_capture_on_commit_callbacks
):
    path = roster(
        "slug,name,timezone,owner_email\nhooli,Hooli,Asia/Kolkata,g@hooli.test\nraviga,R,,\n"
    )

    with django_capture_on_commit_callbacks(execute=True):
        assert provision(path, capsys) == ({"created": 2, "failed": []}, 0)

    hooli, raviga = Tenant.objects.get(slug="hooli"), Tenant.objects.get(slug="raviga")
    assert (hooli.state, hooli.timezone) == ("active", "Asia/Kolkata")
    assert (raviga.state, raviga.timezone) == ("active", "UTC")
    assert [message.to for message in mail.outbox] == [["g@hooli.test"]]
    with tenant_context(hooli):
        assert not get_user_model().objects.get().has_usable_password()


def test_lines_that_cannot_be_met_are_named_and_the_others_made(acme, roster, capsys):
    path = roster("slug,name\nacme,Again\nhooli,Hooli\nwww,Web\nx y,Z\n")

    answer, code = provision(path, capsys)

    assert code == 1
    assert answer["created"] == 1
    assert [(line["line"], line["slug"]) for line in answer["failed"]] == [
        (2, "acme"),
        (4, "www"),
        (5, "x y"),
    ]
    assert "reserved" in answer["failed"][1]["reason"]


def test_a_repeated_slug_is_made_once(acme, roster, capsys):
    answer, _ = provision(roster("slug,name\nhooli,Hooli\nhooli,Hooli\n"), capsys)

    assert answer["created"] == 1
    assert answer["failed"][0]["line"] == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks slug and name"),
        ("slug\nhooli\n", "lacks name"),
        (b"slug,name\nhooli,\xff\n", "not UTF-8"),
        ('slug,name\nhooli,"Hoo', "not CSV"),
    ],
)
def test_what_is_no_such_file_makes_nothing(roster, text, message):
    with pytest.raises(ValidationError, match=message):
        lines_of(roster(text))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ValidationError, match="No such file"):
        lines_of(tmp_path / "nowhere.csv")
