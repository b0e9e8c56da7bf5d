"""How long people wait for a page of the web form when many answer at once: the real server as a process of its own,
people as threads that fill in page after page over HTTP and think in between.

    python -m bench.web_form_people                       200 people, a page every 5 seconds each
    python -m bench.web_form_people --people 50 --pause 2

The limit: 95 of 100 pages take at most 100 ms, on an idle machine with two cores. Beside it the same for a stylesheet,
which the same server hands out without looking anything up.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import HTTPCookieProcessor, build_opener

from bench.web_form_material import ANSWERS, make_project
from scanform.cli.demo_people import Page, filled, opened

LIMIT_MS = 100.0
SEED = 4


def main() -> int:
    """Measure and print; 1 when the limit is missed or somebody did not get to the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--pause", type=float, default=5.0, help="mean seconds between two pages of a person")
    chosen = parser.parse_args()
    tokens = [f"P{number:04d}-{number * 7919 % 10**8:08d}" for number in range(chosen.people)]
    with tempfile.TemporaryDirectory() as folder:
        place = make_project(Path(folder) / "project", tokens=tokens)
        call = [sys.executable, "-m", "scanform.cli", "serve-form", "--project", place, "--port", "0", "--json"]
        with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = json.loads("".join(iter(server.stdout.readline, "}\n")) + "}")["url"]
            crowd = Crowd(url, chosen.pause)
            ended = crowd.answer(tokens)
            server.terminate()
    for name, times in crowd.times.items():
        print(f"{name:12} {len(times):6} requests   p50 {at(times, 0.5):6.1f} ms   p95 {at(times, 0.95):6.1f} ms")
    late, bare = at(crowd.times["page"], 0.95), at(crowd.times["stylesheet"], 0.95)
    print(
        f"{ended} of {chosen.people} people sent their answers; a page takes {late / bare:.1f} times as long as a stylesheet"
    )
    print(f"limit {LIMIT_MS:.0f} ms at p95: {'kept' if late <= LIMIT_MS else 'missed'}")
    return int(late > LIMIT_MS or ended < chosen.people)


def at(times: Sequence[float], fraction: float) -> float:
    """The time in ms below which this fraction of them lies."""
    return sorted(times)[min(len(times) - 1, int(fraction * len(times)))] * 1000


class Crowd:
    """People who answer at the same time; `times` are seconds by kind of request."""

    def __init__(self, url: str, pause: float) -> None:
        self.times: dict[str, list[float]] = {"page": [], "stylesheet": []}
        self._url, self._pause = url, pause
        self._lock = threading.Lock()

    def answer(self, tokens: Sequence[str]) -> int:
        """Everybody answers; returns how many got to the receipt."""
        sent: list[str] = []
        threads = [threading.Thread(target=self._person, args=(token, sent)) for token in tokens]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(sent)

    def _person(self, token: str, sent: list[str]) -> None:
        rng = random.Random(f"{SEED}-{token}")
        time.sleep(rng.uniform(0, 2 * self._pause))
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        page = self._clocked("page", lambda: opened(browser, urljoin(self._url, f"t/{token}")))
        while not page.path.endswith("/sent"):
            self._clocked("stylesheet", lambda: opened(browser, urljoin(self._url, "static/form.css")))
            time.sleep(rng.uniform(0.5, 1.5) * self._pause)
            target, body = urljoin(page.url, page.action), filled(page, ANSWERS)
            page = self._clocked("page", lambda target=target, body=body: opened(browser, target, body))
        sent.append(token)

    def _clocked(self, name: str, act: Callable[[], Page]) -> Page:
        began = time.perf_counter()
        found = act()
        with self._lock:
            self.times[name].append(time.perf_counter() - began)
        return found


if __name__ == "__main__":
    sys.exit(main())
