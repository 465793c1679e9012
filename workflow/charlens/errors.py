"""The one exception users may see."""


class CharlensError(Exception):
    """A problem the user can act on, told in one line.

    The message names the file or config key, what was expected, what was found and what to do.
    Anything else that escapes is a bug in charlens and keeps its traceback.
    """
