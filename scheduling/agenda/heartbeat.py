"""The heartbeat of a worker: what it is at work on is not taken for lost."""

from uuid import UUID

from celery.worker import state

from scheduling.agenda import leases


def beat_heart() -> int:
    """Extend the leases of all firings that this worker is at; return of how many."""
    return leases.extend(firings_at_work())


def firings_at_work() -> list[str]:
    """Return the ids of the requests that this process's pool is working on."""
    while True:
        try:
            ids = [request.id for request in state.active_requests]
        except RuntimeError:  # the set changed meanwhile: the worker's main thread adds and removes
            continue
        return [request_id for request_id in ids if is_uuid(request_id)]


def is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
