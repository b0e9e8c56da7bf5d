"""Handing in by browser: real Chromium, real server, real files, real store. Whole files only, each page one fate,
nothing lost and nothing silent.
"""

import gc
import http.client
import io
import json
import os
import re
import signal
import socket
import sys
import threading
import time
import urllib.parse
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from bench.waiting import PATIENCE_MS, until
from review_ui.app import LARGEST_REQUEST, create_app
from review_ui.server import bind
from scanform.workflow.insight.status import project_status
from scanform.workflow.intake.upload_box import BoxLimits
from scanform.workflow.intake.upload_desk import UploadDesk
from scanform.workflow.project.project import open_project
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.desk import Desk
from tests.programs import SCANFORM, answered, started

BASE = "http://127.0.0.1:8765"
SAMPLES = Path(__file__).parents[2] / "samples" / "scans"


@pytest.fixture
def project(tiny_survey, tmp_path):
    with tiny_survey.project(tmp_path / "p") as opened:
        yield opened


@pytest.fixture
def stack(tiny_survey, tmp_path):
    """Three files: two whole forms, and one page of a third."""
    for form in (1, 2):
        tiny_survey.tiff(
            tmp_path / f"Bogen {form} äöü.tif",
            *(tiny_survey.sheet(form, page, open="no", quiet="yes", seed=form * 10 + page) for page in (1, 2)),
        )
    tiny_survey.jpeg(tmp_path / "einzeln.jpg", 3, 1, open="yes")
    return sorted([*tmp_path.glob("*.tif"), *tmp_path.glob("*.jpg")])


def uploads_of(project, **limits):
    """A desk that reads in this process."""
    return UploadDesk(project, BoxLimits(**limits), workers=serial)


@pytest.fixture
def station(project, servers):
    """A station at work: its address and its desk."""
    uploads, desk = uploads_of(project), Desk(project)
    served = bind(desk, reviewer="anna", uploads=uploads, port=0)
    thread = served.start()
    uploads.start()
    servers.callback(lambda: (served.close(), thread.join(), uploads.close(), desk.close()))
    return served.url, uploads


def client_of(project, uploads):
    """A browser without a window, and its token."""
    client = create_app(Desk(project), reviewer="anna", uploads=uploads).test_client()
    token = client.get("/api/upload/session?lang=de", base_url=BASE).json["csrf"]

    def send(name, content, group="g", **headers):
        given = {"X-CSRFToken": token, "X-File-Name": urllib.parse.quote(name), "X-Group": group, **headers}
        return client.post(
            "/api/uploads?lang=de", base_url=BASE, data=content, headers=given, content_type="application/octet-stream"
        )

    return client, send


def all_read(uploads):
    jobs = uploads.jobs(language="de")
    return bool(jobs) and all(job.state == "read" for job in jobs)


def counted(project):
    """Pages by (batch, fate), by plain SQL."""
    with project.store.reading() as tx:
        rows = tx.exec_driver_sql(
            "SELECT f.batch_id, p.fate, count(*) FROM page p JOIN file f ON f.id = p.file_id GROUP BY 1, 2"
        ).all()
    return {(batch, fate): number for batch, fate, number in rows}


def left_over(project):
    """Scans that lie in the folder of uploads."""
    return sorted(
        path.name
        for path in (project.folder / "uploads").rglob("*")
        if path.is_file() and path.suffix not in {".json", ".lock", ".reading", ""}
    )


def test_an_interrupt_before_the_desk_has_started_ends_it(project, monkeypatch):
    """Ctrl-C right after the address was told: there is no thread yet to wait for."""
    desk = uploads_of(project)

    def interrupted(thread):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            desk.start()
    desk.close()


# --- in the browser --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [320, 1366])
@pytest.mark.fast_cases(1)
def test_files_are_sent_read_and_accounted_for(project, station, stack, watched, width):
    """Chosen by the button: each is said to be stored, then read as one batch; every number leads to a list of that
    length.
    """
    url, _ = station
    page = watched(f"{url}upload?lang=de", url, viewport={"width": width, "height": 800})
    page.wait_for_selector(".scripted")
    page.set_input_files("#files", stack)
    page.wait_for_selector("#rows .stored:nth-child(3)")
    assert page.locator("#rows .stored .said").all_inner_texts() == [
        f"Gespeichert (Prüfsumme {sha})" for sha in checksums(stack)
    ]
    page.wait_for_selector("article[data-state=read]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    words = page.inner_text("#jobs")
    assert "Bogen 1 äöü.tif gespeichert" in words
    assert "2 Seiten" in words
    assert "abgegeben von anna" in words
    assert counted(project) == {(1, "read"): 5}
    assert "5 Seiten: gelesen" in words
    page.click(".gone a")
    page.wait_for_selector(".page-line")
    assert page.locator(".page-line").count() == 5
    assert "Bogen 2 äöü.tif" in page.inner_text(".pages")
    assert left_over(project) == []
    assert project_status(project).sums_agree


def checksums(files):
    import hashlib

    return [hashlib.sha256(file.read_bytes()).hexdigest()[:8] for file in files]


@pytest.mark.slow
def test_dropped_files_are_taken(project, station, stack, watched):
    """Dragged over the page and let go anywhere on it."""
    url, _ = station
    page = watched(f"{url}upload?lang=en", url)
    page.wait_for_selector(".scripted")
    data = page.evaluate_handle(
        "(bytes) => { const t = new DataTransfer(); t.items.add(new File([new Uint8Array(bytes)], 'dropped.jpg')); "
        "return t; }",
        list(stack[-1].read_bytes()),
    )
    page.dispatch_event("#jobs-title", "dragover", {"dataTransfer": data})
    assert "over" in page.get_attribute("#form", "class")
    page.dispatch_event("#jobs-title", "drop", {"dataTransfer": data})
    page.wait_for_selector("article[data-state=read]")
    assert "dropped.jpg" in page.inner_text("#jobs")
    assert "over" not in page.get_attribute("#form", "class")


@pytest.mark.slow
def test_without_a_mouse(project, station, stack, watched):
    """Tab to the button, Enter opens the choice of files; what happens is said once in a live region; the focus is
    never lost.
    """
    url, _ = station
    page = watched(f"{url}upload?lang=de", url)
    page.wait_for_selector(".scripted")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "files":
            break
    assert page.evaluate("getComputedStyle(document.querySelector('label[for=files]')).outlineStyle") == "solid"
    choosers = []
    page.on("filechooser", lambda one: choosers.append(one))  # noqa: PLW0108 (playwright looks into the function)

    def asked_for():
        page.keyboard.press("Enter")
        page.wait_for_timeout(2000)
        return choosers

    until(asked_for, "the choice of files")  # a browser that is busy does not always open it
    choosers[0].set_files([stack[0]])
    page.wait_for_selector("#rows .stored")
    said = page.inner_text("#live")
    assert "Gespeichert" in said
    assert "1 von 1 Datei" in said
    page.wait_for_selector("article[data-state=read]")
    assert page.evaluate("document.activeElement.id") == "files"
    page.focus("#rows button")
    page.keyboard.press("Enter")
    assert page.locator("#rows li").count() == 0
    assert page.evaluate("document.activeElement.id") == "files"


@pytest.mark.slow
def test_without_scripts(project, station, stack, watched):
    """A plain form hands in several files; the answer says what became of each, refused ones with what to do."""
    url, uploads = station
    page = watched(f"{url}upload?lang=de", url, java_script_enabled=False)
    (stack[0].parent / "brief.pdf").write_bytes(b"PK\x03\x04 no scan")
    page.set_input_files("#files", [*stack[:2], stack[0].parent / "brief.pdf"])
    page.click("#send")
    page.wait_for_selector(".answers .stored:nth-child(2)")
    assert "Archive vorher entpacken" in page.inner_text(".answers .refused")
    until(lambda: all_read(uploads), "nothing was read")
    page.goto(f"{url}upload?lang=de")
    assert "4 Seiten: gelesen" in page.inner_text("#jobs")
    assert counted(project) == {(1, "read"): 4}


@pytest.mark.slow
def test_a_file_that_is_here_already(project, station, stack, watched):
    """A kind word with the batch, no second reading."""
    url, _ = station
    page = watched(f"{url}upload?lang=de", url)
    page.wait_for_selector(".scripted")
    page.set_input_files("#files", [stack[0]])
    page.wait_for_selector("article[data-state=read]")
    copy = stack[0].parent / "noch einmal.tif"
    copy.write_bytes(stack[0].read_bytes())
    page.set_input_files("#files", [copy])
    page.wait_for_selector("#rows .known")
    assert f"schon da: Stapel 1 ({stack[0].name})" in page.inner_text("#rows .known")
    assert counted(project) == {(1, "read"): 2}
    assert left_over(project) == []


@pytest.mark.slow
def test_cancel_and_try_again(project, station, stack, watched, servers):
    """A slow line: progress is shown in words and as a bar, cancelling keeps nothing, trying again stores the file."""
    url, uploads = station
    page = watched(f"{url}upload?lang=de", url)
    page.wait_for_selector(".scripted")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
    line.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#files", [stack[1]])
    page.wait_for_selector("#rows .sending progress")
    assert re.search(r"0[.,]\d von \d", page.inner_text("#rows .said"))
    page.click("#rows button")
    page.wait_for_selector("#rows .cancelled")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    assert uploads.box.sets() == []
    assert left_over(project) == []
    line.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.click("#rows button")
    page.wait_for_selector("#rows .stored")
    page.wait_for_selector("article[data-state=read]")
    assert counted(project) == {(1, "read"): 2}


# --- what is not taken, and why --------------------------------------------------------------------------------------

NO_SCANS = {
    "empty.pdf": (b"", "0 Byte"),
    "archive.pdf": (b"PK\x03\x04" + b"0" * 100, "kein Scan"),
    "archive.zip": (b"PK\x03\x04" + b"0" * 100, "kein Scan"),
    "program.exe": (b"MZ" + b"0" * 100, "kein Scan"),
    "program.png": (b"\x7fELF" + b"0" * 100, "kein Scan"),
    "page.pdf": (b"<html><script>alert(1)</script>", "kein Scan"),
    "IMG_0001.HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "Handyfoto"),
    "IMG_0001.jpg": (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "Handyfoto"),
    "right.exe": (b"%PDF-1.5 but named as a program", "kein Scan"),
}


@pytest.mark.parametrize("name", sorted(NO_SCANS))
def test_no_scans_are_answered_in_words(project, name):
    """What happened and what to do; nothing is kept, and nothing comes into the ledger."""
    content, words = NO_SCANS[name]
    uploads = uploads_of(project)
    _, send = client_of(project, uploads)
    answer = send(name, content)
    assert answer.status_code == 422
    assert answer.json["result"] == "refused"
    assert words in answer.json["message"]
    assert answer.json["remedy"]
    assert uploads.box.sets() == []
    assert left_over(project) == []
    assert counted(project) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sample", "words"),
    [("0622-vertraulich.pdf", "Kennwort"), ("made.pdf", "beschädigt"), ("0622-uebertragung.pdf", "repariert")],
)
def test_damaged_and_encrypted_files_are_in_the_ledger_and_explained(project, station, tmp_path, sample, words):
    """They look like scans: they are kept, have a fate, and the list says what is wrong and what to do."""
    url, uploads = station
    content = (SAMPLES / sample).read_bytes() if (SAMPLES / sample).exists() else b"%PDF-1.5 no end"
    receipt = hand_in(uploads, sample, content)
    assert receipt.result == "stored"
    until(lambda: all_read(uploads), "nothing was read")
    page = urllib.request.urlopen(f"{url}upload?lang=de").read().decode()
    assert words in page
    status = project_status(project)
    assert status.sums_agree
    assert status.waiting == 0
    shown = {
        (int(batch), fate): int(number)
        for batch, fate, number in re.findall(r"pages\?batch=(\d+)&amp;fate=([a-z-]+)&amp;lang=de\">(\d+) Seite", page)
    }
    assert shown == counted(project)


def hand_in(uploads, name, content, *, group="g", by="anna", close=True):
    receipt = uploads.receive(io.BytesIO(content), name=name, by=by, group=group, declared=len(content))
    if close:
        uploads.close_group(by, group)
    return receipt


@pytest.mark.parametrize(
    "name",
    ["../../../evil.pdf", "..\\..\\evil.pdf", "/etc/evil.pdf", "con\nrol.pdf", "<b>x</b>.pdf", "a" * 500 + ".pdf"],
)
def test_names_are_shown_and_never_used(project, name):
    """Files lie under names of our own; a name is text on the screen, whatever it is."""
    uploads = uploads_of(project)
    client, send = client_of(project, uploads)
    assert send(name, b"%PDF-1.5 x").status_code == 201
    (one,) = uploads.box.sets()
    assert [file.file for file in one.files] == ["0001.pdf"]
    assert left_over(project) == ["0001.pdf"]
    assert len(one.files[0].name) <= 120
    assert "/" not in one.files[0].name
    page = client.get("/upload?lang=de", base_url=BASE).get_data(as_text=True)
    assert "<b>" not in page


def test_without_a_token_nothing_is_taken(project, stack):
    """Neither a file nor a form; nor from a foreign page."""
    uploads = uploads_of(project)
    client, send = client_of(project, uploads)
    content = stack[0].read_bytes()
    assert send("a.tif", content, **{"X-CSRFToken": "wrong"}).status_code == 403
    assert send("a.tif", content, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    form = client.post(
        "/upload",
        base_url=BASE,
        data={"files": (io.BytesIO(content[:1000]), "a.tif")},
        content_type="multipart/form-data",
    )
    assert form.status_code == 403
    assert uploads.box.sets() == []
    assert left_over(project) == []


def test_only_uploads_may_be_large(project):
    """Everything else stays at a megabyte; a file beyond its own limit is refused in words."""
    uploads = uploads_of(project, file_bytes=3_000_000)
    client, send = client_of(project, uploads)
    large = b"%PDF-1.5" + b"0" * (2 * LARGEST_REQUEST)
    assert send("a.pdf", large).status_code == 201
    token = client.get("/api/session", base_url=BASE).json["csrf"]
    for address in ("/api/decisions", "/api/uploads/close"):
        headers = {"X-CSRFToken": token}
        assert client.post(
            address, base_url=BASE, data=large, headers=headers, content_type="application/json"
        ).status_code in (400, 413)
    answer = send("b.pdf", b"%PDF-1.5" + b"1" * 3_000_001)
    assert answer.status_code == 422
    assert "mehr als 3 MB" in answer.json["message"]


def test_the_waiting_bytes_are_limited(project):
    uploads = uploads_of(project, waiting_bytes=2_000_000)
    _, send = client_of(project, uploads)
    assert send("a.pdf", b"%PDF-1.5" + b"0" * 1_500_000).status_code == 201
    answer = send("b.pdf", b"%PDF-1.5" + b"1" * 1_500_000)
    assert answer.status_code == 422
    assert "warten schon 2 MB" in answer.json["message"]


def test_the_disk_is_not_filled(project):
    uploads = uploads_of(project, spare_bytes=1 << 60)
    assert "nicht genug Platz" in client_of(project, uploads)[1]("a.pdf", b"%PDF-1.5").json["message"]


def test_the_same_bytes_at_once(project, stack):
    """Ten at a time: one is stored, nine are known."""
    uploads = uploads_of(project)
    content, results = stack[0].read_bytes(), []
    threads = [
        threading.Thread(target=lambda n=n: results.append(hand_in(uploads, f"{n}.tif", content, group=str(n)).result))
        for n in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["known"] * 9 + ["stored"]
    assert left_over(project) == ["0001.tif"]


@pytest.mark.slow
def test_files_that_belong_together_are_one_batch(project, station, stack):
    """Nothing is read before the last one has come; what another person sends at the same time is another batch."""
    _, uploads = station
    hand_in(uploads, "1.tif", stack[0].read_bytes(), close=False)
    hand_in(uploads, "3.jpg", stack[2].read_bytes(), by="bert")
    hand_in(uploads, "2.tif", stack[1].read_bytes())
    until(lambda: all_read(uploads), "nothing was read")
    with project.store.reading() as tx:
        found = tx.exec_driver_sql(
            "SELECT b.label, count(*) FROM file f JOIN batch b ON b.id = f.batch_id GROUP BY b.label"
        ).all()
    assert sorted(tuple(row) for row in found) == [("1.tif, 2.tif", 2), ("3.jpg", 1)]


@pytest.mark.slow
def test_a_set_that_is_never_closed_is_read_after_a_while(project, stack):
    """The browser was closed in the middle: what is whole is read."""
    uploads = uploads_of(project, idle_seconds=0.2)
    hand_in(uploads, "1.tif", stack[0].read_bytes(), close=False)
    uploads.start()
    try:
        until(lambda: all_read(uploads), "nothing was read")
    finally:
        uploads.close()
    assert counted(project) == {(1, "read"): 2}


# --- connections -----------------------------------------------------------------------------------------------------


def open_request(url, token, cookie, name, size):
    """A connection on which a file is being sent, headers first."""
    host, port = re.match(r"http://([^:]+):(\d+)/", url).groups()
    sender = socket.create_connection((host, int(port)))
    head = (
        f"POST /api/uploads HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\nX-CSRFToken: "
        f"{token}\r\nX-File-Name: {name}\r\nX-Group: g\r\n"
    )
    sender.sendall(f"{head}Content-Type: application/octet-stream\r\nContent-Length: {size}\r\n\r\n".encode())
    return sender


def token_of(url):
    with urllib.request.urlopen(f"{url}api/upload/session") as answer:
        return json.load(answer)["csrf"], answer.headers["Set-Cookie"].partition(";")[0]


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # waitress leaves closing its nameless file to the garbage collector
def test_a_connection_that_breaks_leaves_nothing(project, station):
    """Half a file, then the line is cut."""
    url, uploads = station
    token, cookie = token_of(url)
    with open_request(url, token, cookie, "half.pdf", 2_000_000) as sender:
        sender.sendall(b"%PDF-1.5" + b"0" * 1_000_000)
    time.sleep(0.5)
    gc.collect()
    assert uploads.box.sets() == []
    assert left_over(project) == []


@pytest.mark.slow
def test_others_need_not_wait_while_files_come(project, station, servers):
    """Twenty slow senders, more than the station has threads: pages come while none of them has ended, and all files
    arrive.
    """
    url, uploads = station
    token, cookie = token_of(url)
    content = b"%PDF-1.5" + b"0" * 200_000
    senders = [servers.enter_context(open_request(url, token, cookie, f"{n}.pdf", len(content) + 2)) for n in range(20)]
    for sender in senders:
        sender.sendall(content)
    for _ in range(20):
        with urllib.request.urlopen(f"{url}overview", timeout=PATIENCE_MS / 1000) as answer:
            assert answer.status == 200
    for number, sender in enumerate(senders):
        sender.sendall(b"%02d" % number)
        assert b"201" in sender.recv(200)
    assert sum(len(one.files) for one in uploads.box.sets()) == 20


SERVE_ONLY = """
import sys
from pathlib import Path
from review_ui.server import bind
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk
from scanform.workflow.intake.upload_desk import UploadDesk

project = open_project(Path(sys.argv[1]))
station = bind(Desk(project), reviewer="anna", uploads=UploadDesk(project), port=0)
print(station.url, flush=True)
station.run()
"""


def peak_mb(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


@pytest.mark.slow
def test_large_files_need_no_memory(project, servers):
    """400 MB, by script and by form: the station's memory stays where it was."""
    size = 400_000_000
    process = servers.enter_context(started([sys.executable, "-c", SERVE_ONLY, project.folder], stderr=None))
    url = process.stdout.readline().strip()
    token, cookie = token_of(url)
    urllib.request.urlopen(f"{url}upload").read()
    before = peak_mb(process.pid)
    with open_request(url, token, cookie, "large.pdf", size) as sender:
        sender.sendall(b"%PDF-1.5")
        zeros = bytes(1 << 20)
        left = size - 8
        while left:
            sender.sendall(zeros[: min(left, len(zeros))])
            left -= min(left, len(zeros))
        assert b"201" in sender.recv(300)
    assert peak_mb(process.pid) - before < 40

    def form():
        yield b'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + token.encode() + b"\r\n"
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="form.pdf"\r\n\r\n%PDF-1.5'
        for _ in range(size >> 20):
            yield zeros
        yield b"1\r\n--x--\r\n"

    length = sum(map(len, (part for part in form())))
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(length), "Cookie": cookie}
    with closing(http.client.HTTPConnection("127.0.0.1", int(url.rsplit(":", 1)[1].strip("/")))) as host:
        host.request("POST", "/upload?lang=de", body=form(), headers=headers)
        assert b"Gespeichert" in host.getresponse().read()
    assert peak_mb(process.pid) - before < 40


# --- killed ----------------------------------------------------------------------------------------------------------


def started_station(folder, servers):
    """The program as people start it; its address."""
    process = servers.enter_context(
        started([*SCANFORM, "--json", "--project", folder, "review", "--port", 0, "--reviewer", "kim"], stderr=None)
    )
    return process, answered(process)["url"]


@pytest.mark.slow
def test_killed_while_it_reads(project, stack, servers):
    """kill -9 twice in the middle of reading: the next start goes on by itself; each page has one fate, nothing is
    left in the folder of uploads.
    """
    for number in range(2):
        process, url = started_station(project.folder, servers)
        if number == 0:
            token, cookie = token_of(url)
            for file in stack:
                headers = {
                    "X-CSRFToken": token,
                    "Cookie": cookie,
                    "X-File-Name": urllib.parse.quote(file.name),
                    "X-Group": "g",
                    "Content-Type": "application/octet-stream",
                }
                with urllib.request.urlopen(
                    urllib.request.Request(f"{url}api/uploads", data=file.read_bytes(), headers=headers)
                ) as answer:
                    assert json.load(answer)["result"] == "stored"
            body = json.dumps({"group": "g"}).encode()
            closing = urllib.request.Request(
                f"{url}api/uploads/close", data=body, headers={**headers, "Content-Type": "application/json"}
            )
            urllib.request.urlopen(closing).close()
            until(
                lambda at=url: 'data-state="reading"' in urllib.request.urlopen(f"{at}upload").read().decode(),
                "reading never began",
            )
        time.sleep(1.0 + number)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    process, url = started_station(project.folder, servers)
    until(lambda: 'data-state="read"' in urllib.request.urlopen(f"{url}upload").read().decode(), "nothing was read")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0
    assert sum(counted(project).values()) == 5
    assert {fate for _, fate in counted(project)} == {"read"}
    assert left_over(project) == []
    with open_project(project.folder) as fresh:
        assert project_status(fresh).sums_agree


@pytest.mark.slow
def test_what_a_killed_program_left_is_cleared_or_read(project, stack):
    """A part file without its writer goes, one with its writer stays; an entry without its file goes; whole files
    are read.
    """
    uploads = uploads_of(project)
    hand_in(uploads, "1.tif", stack[0].read_bytes(), close=False)
    hand_in(uploads, "2.tif", stack[1].read_bytes(), group="lost")
    lost = next(one for one in uploads.box.sets() if one.files[0].name == "2.tif")
    uploads.box.path(lost, lost.files[0]).unlink()
    incoming = uploads.box.folder / ".incoming"
    (incoming / "dead.part").write_bytes(b"%PDF-1.5 half")
    with uploads.box._part() as (alive, _):
        fresh = uploads_of(project)
        fresh.start()
        try:
            until(lambda: all_read(fresh), "nothing was read")
            assert [path.name for path in incoming.iterdir()] == [alive.name]
        finally:
            fresh.close()
    assert counted(project) == {(1, "read"): 2}


@pytest.mark.slow
def test_two_programs_read_once(project, stack, tmp_path):
    """The one that holds the lock reads, also what the other one took in; when it ends, the other one takes over."""
    with open_project(project.folder) as again:
        first, second = uploads_of(project), uploads_of(again)
        first.start()
        until((project.folder / "uploads" / ".reading").exists, "the first never began")
        time.sleep(0.3)
        second.start()
        hand_in(second, "1.tif", stack[0].read_bytes())
        until(lambda: all_read(second), "the first did not read")
        first.close()
        hand_in(second, "2.tif", stack[1].read_bytes())
        until(lambda: all_read(second), "the second did not take over")
        second.close()
    assert counted(project) == {(1, "read"): 2, (2, "read"): 2}
