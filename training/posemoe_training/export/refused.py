"""Why a model is not written."""


class Refused(ValueError):
    """Says what was found and what was expected."""
