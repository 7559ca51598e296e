"""What stops the site from being built: one sentence that names the file and the line."""


class SiteFault(ValueError):
    """A page, the navigation or a part that the site is made of is wrong or missing."""

    def __init__(self, message: str, file: str | None = None, line: int | None = None) -> None:
        where = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(f"{where}{message}")
