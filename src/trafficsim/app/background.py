"""Work that takes more than a moment: done in a thread of its own, one job at a time, and every mistake told in a sentence."""

import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from trafficsim.errors import UserError

Changed = Callable[[], None]


class Desk:
    """What the parts of a page share: a message, what is being waited for, and the doing of actions by name.

    ``changed`` is called whenever there is something else to show. An action is a method whose name begins with ``do_``; it
    takes one mapping. Mistakes of the user end in ``message``; what nobody expected does, too, and is printed for who
    started the server.
    """

    def __init__(self, changed: Changed) -> None:
        self.changed = changed
        self.message = ""
        self.waiting: str = ""
        self.share = 0.0
        self.lock = threading.RLock()
        self._thread: threading.Thread | None = None

    def act(self, name: str, values: Mapping[str, Any] | None = None) -> None:
        """Do the action ``name``; what does not exist, or is asked for while another is being done, is told."""
        action = getattr(self, f"do_{name}", None) if name.isidentifier() else None
        if action is None:
            self.message = f"The page asked for “{name[:80]}”, which there is not. Load it again."
        elif self.waiting:
            self.message = f"Please wait: {self.waiting}"
        else:
            self.message = ""
            self._guarded(action, values if isinstance(values, Mapping) else {})
        self.changed()

    def wait_for(self, words: str, work: Callable[[], None]) -> None:
        """Do ``work`` in a thread; meanwhile ``words`` say what is being waited for."""
        self.waiting, self.share = words, 0.0

        def run() -> None:
            try:
                self._guarded(work)
            finally:
                self.waiting = ""
                self.changed()

        self._thread = threading.Thread(target=run, name="trafficsim page", daemon=True)
        self._thread.start()

    def told(self, share: float) -> None:
        """Note how far the work is, 0 to 1."""
        self.share = share
        self.changed()

    def finish(self, timeout: float = 60.0) -> None:
        """Wait until nothing is being waited for."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _guarded(self, work: Callable[..., None], *arguments: Any) -> None:
        try:
            work(*arguments)
        except UserError as error:
            self.message = str(error)
        except Exception as error:  # told to the reader in a sentence, and in full to who started the server
            traceback.print_exc()
            self.message = (
                f"Something went wrong that should not have ({type(error).__name__}). The terminal says more."
            )
