"""Start and end of a worker process."""

import logging
import os
import threading
import time

import cv2

from scanform.scan.files.limits import Limits, guard_process
from scanform.workflow.project.signals import leave_signals_to_the_parent

PARENT_CHECK_S = 1.0
"""How often a worker checks whether its parent is still alive."""


def start_worker(limits: Limits, parent: int) -> None:
    """Prepare a worker process: one thread per library, limits, no Ctrl-C of its own, an end with its parent."""
    leave_signals_to_the_parent()
    logging.getLogger().addHandler(
        logging.NullHandler()
    )  # library messages about bad files are covered by the problems
    os.environ["OMP_THREAD_LIMIT"] = "1"
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    guard_process(limits)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)
