# One image for every process: web, workers, beats and migrations differ by their command.
FROM python:3.11-slim AS packages

COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes --requirement /tmp/runtime.txt

FROM python:3.11-slim

ENV PATH=/opt/venv/bin:$PATH \
    DJANGO_SETTINGS_MODULE=saas.settings \
    MEDIA_ROOT=/srv/media \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tenantbeat \
 && install --directory --owner=10001 --mode=0700 /srv/media

WORKDIR /srv/tenantbeat
COPY --from=packages /opt/venv /opt/venv
COPY manage.py gunicorn.conf.py ./
COPY saas saas
COPY tenants tenants
COPY orders orders
COPY scheduling scheduling
COPY exports exports
COPY locale locale
COPY wording wording

# The settings want values that this step does not use: nothing is connected to, and the key is
# forgotten with the step.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    DATABASE_URL=postgres://build@127.0.0.1/none \
    CELERY_BROKER_URL=redis://127.0.0.1/0 \
    python manage.py collectstatic --noinput

USER 10001
EXPOSE 8000

# Threads, because a slow client would block a plain worker. The control socket would need a home.
CMD ["gunicorn", "saas.wsgi", "--bind=0.0.0.0:8000", "--workers=2", "--threads=4", \
     "--access-logfile=-", "--no-control-socket"]
