"""Finding files: what is taken, what is passed over, what is named as a problem; and that content is what it was."""

import hashlib
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scanform.errors import InputError
from scanform.i18n.texts import LANGUAGES, problem_text, remedy_text
from scanform.imaging.page_image import Gray
from scanform.model.page import PageRef
from scanform.scan.files.kinds import FileKind, kind_of
from scanform.scan.files.limits import Limits
from scanform.scan.intake import find_files, hash_file, inspect_file, is_settled
from scanform.scan.load import LoadedPage, load_page


def found(path: Path) -> dict[str, str | None]:
    return {
        os.path.relpath(entry.path, path): entry.problem.slug if entry.problem else None for entry in find_files([path])
    }


def test_folders_are_searched_and_sorted(tmp_path: Path) -> None:
    """All files of all folders, in one order, without what operating systems leave behind."""
    for name in ("b/2.pdf", "b/10.pdf", "a.tif", "b/c/d.jpg", "no extension"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    for junk in (
        ".DS_Store",
        "b/Thumbs.db",
        "~$list.docx",
        "b/x.pdf.part",
        "x.TMP",
        "y.crdownload",
        ".hidden/z.pdf",
        "desktop.ini",
    ):
        (tmp_path / junk).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / junk).write_bytes(b"x")
    assert list(found(tmp_path)) == ["a.tif", "b/10.pdf", "b/2.pdf", "b/c/d.jpg", "no extension"]
    assert set(found(tmp_path).values()) == {None}


def test_links_and_special_files_are_never_opened(tmp_path: Path) -> None:
    """A FIFO would wait for ever, a link may lead anywhere, also in a circle."""
    (tmp_path / "real.pdf").write_bytes(b"x")
    (tmp_path / "link.pdf").symlink_to("real.pdf")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "fifo.pdf")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "sock"))
    assert found(tmp_path) == {
        "circle": "symlink",
        "dangling": "symlink",
        "fifo.pdf": "special-file",
        "link.pdf": "symlink",
        "real.pdf": None,
        "sock": "special-file",
    }
    for name, slug in (("fifo.pdf", "special-file"), ("link.pdf", "symlink"), ("nothing", "vanished")):
        info = inspect_file(str(tmp_path / name), Limits())
        assert (info.pages, [problem.slug for problem in info.problems]) == (0, [slug])
        with pytest.raises(InputError):
            hash_file(tmp_path / name)


def test_hostile_names_survive(tmp_path: Path, paper: Gray) -> None:
    """Newlines, direction marks, bytes that are no UTF-8, a leading dash."""
    names = [
        b"a\nb.png",
        "\u202egnp.exe.png".encode(),
        b"\xff\xfe.png",
        b"-rf.png",
        b"$(x);'\".png",
        "ü".encode() * 60 + b".png",
    ]
    for name in names:
        picture = tmp_path / "plain"
        Image.fromarray(paper).save(picture, "PNG")
        picture.rename(tmp_path / os.fsdecode(name))
    entries = find_files([tmp_path])
    assert {os.fsencode(Path(entry.path).name) for entry in entries} == set(names)
    for entry in entries:
        info = inspect_file(entry.path, Limits())
        assert info.pages == 1
        assert load_page(PageRef(sha256=info.sha256, path=entry.path, index=0), Limits()).image is not None


def test_each_file_once_however_it_was_handed_in(tmp_path: Path) -> None:
    """Overlapping arguments; a missing one is named."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.pdf").write_bytes(b"x")
    entries = find_files([tmp_path / "in/a.pdf", tmp_path, tmp_path / "in/../in", tmp_path / "gone"])
    assert [(Path(entry.path).name, entry.problem and entry.problem.slug) for entry in entries] == [
        ("gone", "vanished"),
        ("a.pdf", None),
    ]


def test_unreadable_folder_is_named(tmp_path: Path) -> None:
    """A folder without permission is not silently empty."""
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (tmp_path / "locked").mkdir(mode=0)
    assert found(tmp_path) == {"locked": "no-permission"}


def test_growing_file_is_not_settled(tmp_path: Path) -> None:
    """What was written a moment ago may not be complete, whatever its modification time says."""
    path = tmp_path / "a.pdf"
    path.write_bytes(b"x")
    os.utime(path, (1, 1))
    assert not is_settled(path, 3600)
    assert is_settled(path, 0)
    time.sleep(0.06)
    assert is_settled(str(path), 0.05)
    assert not is_settled(tmp_path / "gone", 0)


def test_hash_is_that_of_the_content(tmp_path: Path) -> None:
    """SHA-256, in hex."""
    (tmp_path / "a").write_bytes(b"content" * 100_000)
    assert hash_file(tmp_path / "a") == hashlib.sha256(b"content" * 100_000).hexdigest()


def test_changed_and_vanished_content_is_noticed(tmp_path: Path, paper: Gray, load: Callable[..., LoadedPage]) -> None:
    """A page is read from the file that was handed in, or not at all; the file itself is never touched."""
    path = tmp_path / "a.png"
    Image.fromarray(paper).save(path)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    ref = PageRef(sha256=hash_file(path), path=str(path), index=0)
    assert load_page(ref, Limits()).image is not None
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    Image.fromarray(255 - paper).save(path)
    assert [found.slug for found in load_page(ref, Limits()).problems] == ["changed"]
    path.unlink()
    assert [found.slug for found in load_page(ref, Limits()).problems] == ["vanished"]


def test_kind_is_told_by_content() -> None:
    """Names say nothing; archives, programs and pages of HTML are no scans even with %PDF somewhere."""
    assert kind_of(b"\n\n%PDF-1.4\n") is FileKind.PDF
    assert kind_of(b"junk from a mailer\r\n%PDF-1.7") is FileKind.PDF
    for head in (
        b"",
        b"PK\x03\x04%PDF-1.4",
        b"\x7fELF%PDF-1.4",
        b"<!DOCTYPE html>%PDF-1.4",
        b"%!PS-Adobe-3.0 EPSF",
        b"push graphic-context",
        b"\0" * 4096,
    ):
        assert kind_of(head) is FileKind.UNKNOWN


def ftyp(*brands: bytes) -> bytes:
    """The beginning of a file of the ISO media family: main brand, then those it goes with."""
    box = b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:])
    return (len(box) + 4).to_bytes(4, "big") + box + b"\0\0\0\x08free"


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"])
@pytest.mark.parametrize("others", [(), (b"mif1", b"heic"), (b"miaf", b"MiHB", b"heic")])
def test_phone_pictures_are_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brand: bytes, others: tuple[bytes, ...]
) -> None:
    """HEIF of any brand, whatever the file is called; not a damaged AVIF, and not just anything."""
    path = tmp_path / "IMG_0001.jpg"
    path.write_bytes(ftyp(brand, *others))
    monkeypatch.setattr("scanform.scan.codecs.heif.find_spec", lambda _: None)
    info = inspect_file(str(path), Limits())
    assert (info.kind, info.pages, [problem.slug for problem in info.problems]) == ("heif", 0, ["phone-picture"])
    assert "JPEG" in remedy_text("phone-picture", "de")


def test_other_media_are_no_phone_pictures() -> None:
    """AVIF under a general brand is a picture, films and other families are no scans."""
    assert kind_of(ftyp(b"mif1", b"avif", b"miaf")) is FileKind.PICTURE
    assert kind_of(ftyp(b"avif", b"mif1")) is FileKind.PICTURE
    for brands in ((b"qt  ", b"qt  "), (b"isom", b"mp42"), (b"crx ", b"isom")):
        assert kind_of(ftyp(*brands)) is FileKind.UNKNOWN
    assert kind_of(b"\0\0\0\x08ftyp") is FileKind.UNKNOWN


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"", "empty-file"),
        (b"hello", "not-a-scan"),
        (b"%PDF-1.4", "damaged-file"),
        (b"II*\0\x08\0\0\0\0\0", "damaged-file"),
    ],
)
def test_refused_files_say_why(tmp_path: Path, content: bytes, slug: str) -> None:
    """One clear problem, with words in both languages."""
    (tmp_path / "a.pdf").write_bytes(content)
    info = inspect_file(str(tmp_path / "a.pdf"), Limits())
    assert (info.pages, [problem.slug for problem in info.problems]) == (0, [slug])
    for language in LANGUAGES:
        assert "{" not in problem_text(info.problems[0], language)
        assert remedy_text(slug, language)


def test_pages_stay_apart_between_files(tmp_path: Path, paper: Gray) -> None:
    """The cache of the last file never answers for another one."""
    refs = []
    for number in range(3):
        path = tmp_path / f"{number}.png"
        Image.fromarray(np.roll(paper, number * 50, axis=1)).save(path)
        refs.append(PageRef(sha256=hash_file(path), path=str(path), index=0))
    for number in (0, 1, 0, 2, 2, 1):
        image = load_page(refs[number], Limits()).image
        assert image is not None
        assert np.array_equal(image.gray, np.roll(paper, number * 50, axis=1))
