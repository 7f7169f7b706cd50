"""gunicorn's access log, named in gunicorn.conf.py: without what lets somebody in."""

from gunicorn.glogging import Logger

from saas.request_log import without_tokens


class AccessLogger(Logger):
    def atoms(self, *request: object) -> dict[str, object]:
        atoms = super().atoms(*request)
        texts = {name: without_tokens(str(atoms[name])) for name in ("r", "U", "f")}
        return {**atoms, **texts}
