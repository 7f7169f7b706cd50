import pytest

from saas.processes import kind_of_process


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("/x/bin/gunicorn saas.wsgi", "web"),
        ("/x/gunicorn/__main__.py saas.wsgi", "web"),
        ("/x/bin/celery -A saas worker", "worker"),
        ("/x/celery/__main__.py -A saas worker -Q celery", "worker"),
        ("/x/bin/celery -A saas worker -Q platform", "owner"),
        ("/x/bin/celery -A saas worker --queues=platform", "owner"),
        ("/x/bin/celery -A saas worker -Qplatform", "owner"),
        ("/x/bin/celery -A saas beat", "beat"),
        ("/x/bin/celery -A saas worker -n beat", "worker"),
        ("manage.py provision_tenant worker", "owner"),
        ("manage.py runs beat", "owner"),
    ],
)
def test_a_process_is_known_by_its_command_line(command, kind):
    assert kind_of_process(command.split()) == kind
