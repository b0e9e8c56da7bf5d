"""Waiting for what must come, without a clock that says when: other work on the machine is no failure of the program.

What is waited for either happens, or the one who should do it has ended, or it was looked at so often that it will
never come. Each look takes the longer the busier the machine is, and asks the one who should do it where that can be
asked.
"""

import time
from collections.abc import Callable
from typing import Any

LOOKS = 6_000
"""Looks before a test that waits in vain ends: two minutes at least on an idle machine. What comes, comes within a
hundred.
"""

PAUSE_S = 0.05

PATIENCE_MS = 300_000
"""What Playwright is told where it wants a time: five minutes, for what takes a second. Only what never comes takes
that long.
"""


class NeverError(AssertionError):
    """What was waited for does not come."""


def until(
    true: Callable[[], Any], what: str = "", *, alive: Callable[[], Any] = lambda: True, pause_s: float = PAUSE_S
) -> Any:
    """Waits until `true()` is; returns what it gave. Fails at once when whoever should bring it about is not `alive`
    any more.
    """
    for _ in range(LOOKS):
        ended = not alive()  # asked first: what it did before it ended counts
        if found := true():
            return found
        if ended:
            raise NeverError(f"ended before it happened: {what or true}")
        time.sleep(pause_s)
    raise NeverError(f"never happened: {what or true}")


def until_page(page: Any, script: str, *, of: object = None, pause_ms: int = 20) -> Any:
    """Waits until `script` gives `of` (None: anything true) in a page of Playwright; returns it. The security policy of
    our pages forbids what Playwright has.

    A page that was closed or has crashed raises what Playwright raises.
    """
    for _ in range(LOOKS):
        found = page.evaluate(script)
        if found == of if of is not None else found:
            return found
        page.wait_for_timeout(pause_ms)
    raise NeverError(f"never {of or 'true'} in the page: {script}")
