"""What can go wrong with embedded services, in one line each."""


class ServiceError(Exception):
    """A service could not be started; the message says why, and where its log is."""


class AlreadyRunning(ServiceError):
    """Another process runs services on this state directory."""
