"""Files: fetched from outside, out of another tenant's folder, under a name that is more than a name."""

import re
import stat

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tenants.utils import tenant_context

from orders.models import OrderFile
from tests.people import logged_in, make_staff, owner_of, visitor

SAFE = re.compile(r'"[A-Za-z0-9_-]+\.csv"')
PAGE = "/admin/orders/orderfile/"

pytestmark = pytest.mark.usefixtures("media")


def content_of(slug):
    return f"number,placed_at,total\nof {slug},2026-11-20 12:00,12.50\n".encode()


def send(slug, name="orders.csv"):
    file = SimpleUploadedFile(name, content_of(slug))
    return owner_of(slug).post(f"{PAGE}add/", {"file": file})


def download(client):
    """Return the answer, and what it held: it must be read to its end, as a server does."""
    answer = client.get(f"{PAGE}4711/download/")
    return answer, b"".join(answer.streaming_content)


@pytest.fixture
def records(acme, globex):
    """One file in each of two tenants, with the same primary key."""
    found = []
    for tenant in (acme, globex):
        send(tenant.slug)
        with tenant_context(tenant):
            record = OrderFile.objects.get()
            OrderFile.objects.update(id=4711)
            found.append(OrderFile.objects.get(file=record.file.name))
    return found


def test_the_same_number_is_another_file_in_another_tenant(records):
    for slug in ("acme", "globex"):
        assert download(owner_of(slug))[1] == content_of(slug)


def test_nobody_without_a_login_gets_a_file(records, acme):
    assert visitor("acme").get(f"{PAGE}4711/download/").status_code == 302


def test_one_tenants_session_is_none_at_another(records):
    client = owner_of("acme")

    answer = client.get(f"{PAGE}4711/download/", HTTP_HOST="globex.localhost")

    assert answer.status_code == 302


def test_the_platform_has_no_door_to_tenants_files(records):
    make_staff()

    answer = logged_in("platform", "staff@platform.test").get(f"{PAGE}4711/download/")

    assert answer.status_code == 404


def test_no_address_leads_to_a_file_without_the_view(records, acme):
    name = records[0].file.name
    client = owner_of("acme")

    for path in (name, f"{acme.schema_name}/{name}"):
        for root in ("media", "static", "files", "static/../media"):
            assert client.get(f"/{root}/{path}").status_code == 404
    with tenant_context(acme), pytest.raises(ValueError, match="no address"):
        default_storage.url(name)


def test_files_lie_under_random_names_that_only_we_can_read(records, acme, media):
    paths = list(media.rglob("*.csv"))

    assert len(paths) == 2
    assert not any("orders" in path.name for path in paths)
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in paths} == {0o700}
    assert {path.relative_to(media).parts[0] for path in paths} >= {acme.schema_name}


ESCAPES = [
    "../{other}/{name}",
    "order_files/../../{other}/{name}",
    "/srv/media/{other}/{name}",
    "/etc/passwd",
    "../../../../../../etc/passwd",
]


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_row_that_names_another_tenants_file_gives_nothing(records, acme, globex, escape):
    """As SQL injected into a tenant's page could write it: the row is its own, the path is not."""
    path = escape.format(other=globex.schema_name, name=records[1].file.name)
    with tenant_context(acme):
        OrderFile.objects.update(file=path)

    answer = owner_of("acme").get(f"{PAGE}4711/download/")

    assert answer.status_code == 400
    assert b"of globex" not in answer.content


@pytest.mark.parametrize("name", ["../escape.csv", "/etc/escape.csv", "a/../../escape.csv"])
def test_nothing_is_written_outside_the_tenants_folder(in_acme, name):
    with pytest.raises(SuspiciousFileOperation):
        default_storage.save(name, ContentFile(b"x"))


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/evil.csv",
        "..\\..\\evil.csv",
        'a"; filename="evil.exe"; x=".csv',
        "a\r\nSet-Cookie: stolen=1.csv",
        "<script>alert(1)</script>.csv",
        "=cmd.csv",
        "\u202egpj.csv",
        ".csv",
        f"{'x' * 196}.csv",
    ],
)
def test_a_malicious_name_is_shown_as_text_and_offered_as_a_name(records, acme, name):
    with tenant_context(acme):
        OrderFile.objects.update(name=name)
    owner = owner_of("acme")

    answer, _content = download(owner)
    _attachment, _, offered = answer["Content-Disposition"].partition("filename=")

    assert SAFE.fullmatch(offered)
    assert "<script>alert" not in owner.get(PAGE).text


@pytest.mark.parametrize("name", ["../../etc/cron.d/evil.csv", "..\\..\\evil.csv"])
def test_a_path_that_is_sent_as_a_name_leads_nowhere(acme, media, name):
    assert send("acme", name).status_code == 302

    (path,) = media.rglob("*.*")
    assert path.parent == media / acme.schema_name / "order_files"
    assert len(path.stem) == 32


def test_a_download_is_nothing_that_a_browser_would_show(records):
    answer, _content = download(owner_of("acme"))

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment;")


def test_a_file_that_is_gone_is_not_found(records, media):
    for path in media.rglob("*.csv"):
        path.unlink()

    assert owner_of("acme").get(f"{PAGE}4711/download/").status_code == 404
