"""Files inside files, pages cut out of one picture, pictures the wrong way round, and what was passed over: each
page with its own fate.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest
import simplejpeg
from click.testing import CliRunner
from pikepdf import Array, Dictionary, Name
from PIL import Image
from sqlalchemy import select

from scanform.cli.program import main
from scanform.errors import ExitCode
from scanform.model.page import Fate
from scanform.scan.files.limits import Limits
from scanform.store import ledger
from scanform.store.tables import FileRow
from scanform.workflow.insight.status import project_status
from scanform.workflow.intake import register_file as take_in_module
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.reading.executors import serial

A4 = (595.28, 841.89)


@pytest.fixture
def project(tiny_survey, tmp_path):
    with tiny_survey.project(tmp_path / "project") as found:
        yield found


def ingest(project, *paths):
    summary = read_batch(project, paths, serial())
    assert project_status(project).sums_agree
    return summary


def all_pages(project):
    with project.store.reading() as tx:
        return ledger.pages_of(tx, [key for key in tx.execute(select(FileRow.known_key)).scalars() if key])


def picture(pdf, gray):
    data = bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(gray[:, :, None]), quality=92, colorspace="GRAY"))
    image = pdf.make_stream(data, Type=Name.XObject, Subtype=Name.Image, Width=gray.shape[1], Height=gray.shape[0])
    image.ColorSpace, image.BitsPerComponent, image.Filter = Name.DeviceGray, 8, Name.DCTDecode
    return image


def scan_pdf(path, *sheets):
    """A PDF of scanned pages, one picture each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pdf = pikepdf.new()
    for gray in sheets:
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, *A4]),
            Resources=Dictionary(XObject=Dictionary(Im0=picture(pdf, gray))),
        )
        page.Contents = pdf.make_stream(f"{A4[0]} 0 0 {A4[1]} 0 0 cm /Im0 Do".encode())
        pdf.pages.append(pikepdf.Page(page))
    pdf.save(path)
    return path


def cover_pdf(path):
    """One page of words, as programs put in front of a portfolio."""
    pdf = pikepdf.new()
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page = Dictionary(Type=Name.Page, MediaBox=Array([0, 0, *A4]), Resources=Dictionary(Font=Dictionary(F1=font)))
    page.Contents = pdf.make_stream(
        b"BT /F1 24 Tf 100 600 Td (For the best experience, open this portfolio in another program.) Tj ET"
    )
    pdf.pages.append(pikepdf.Page(page))
    pdf.save(path)
    return path


def specification(pdf, name, content, **entries):
    stream = pdf.make_stream(content, Type=Name.EmbeddedFile, **entries)
    return pdf.make_indirect(
        Dictionary(Type=Name.Filespec, F=pikepdf.String(name), UF=pikepdf.String(name), EF=Dictionary(F=stream))
    )


def attach(path, how, *files):
    """Put files (name, content) into a PDF: in its name tree, nested in it, pinned to the page, associated with the
    document or the page.
    """
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        specs = [specification(pdf, name, content) for name, content in files]
        named = Array([part for number, spec in enumerate(specs) for part in (pikepdf.String(f"{number:04d}"), spec)])
        if how in {"name tree", "portfolio"}:
            pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=named))
        if how == "nested name tree":
            pdf.Root.Names = Dictionary(
                EmbeddedFiles=Dictionary(
                    Kids=Array(
                        [pdf.make_indirect(Dictionary(Kids=Array([pdf.make_indirect(Dictionary(Names=named))])))]
                    )
                )
            )
        if how == "portfolio":
            pdf.Root.Collection = Dictionary(Type=Name.Collection, View=Name.T)
        if how == "pinned":
            notes = [
                Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([5, 5, 10, 10]), FS=spec, F=2)
                for spec in specs
            ]
            pdf.pages[0].obj.Annots = Array([pdf.make_indirect(note) for note in notes])
        if how == "associated":
            pdf.Root.AF = Array(specs)
        if how == "associated with the page":
            pdf.pages[0].obj.AF = Array(specs)
        pdf.save(path)
    return path


def letter(*, ink, paper):
    gray = np.full((2339, 1654), paper, np.uint8)
    for row in range(200, 2200, 100):
        cv2.putText(gray, "another form altogether", (150, row), cv2.FONT_HERSHEY_SIMPLEX, 1.5, ink, 3)
    return gray


WAYS = ["name tree", "nested name tree", "portfolio", "pinned", "associated", "associated with the page"]


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("how", WAYS)
def test_a_scan_inside_a_pdf_is_read(project, tiny_survey, tmp_path, how):
    """However it was put there: a file of its own with its own pages, form and name; a second run changes nothing."""
    inner = scan_pdf(tmp_path / "inner.pdf", tiny_survey.sheet(2, 1, open="yes"), tiny_survey.sheet(2, 2)).read_bytes()
    outer = attach(
        scan_pdf(tmp_path / "in" / "outer.pdf", tiny_survey.sheet(1, 1, open="no")), how, ("Scan 2.pdf", inner)
    )
    summary = ingest(project, outer)
    assert (summary.files, summary.pages, summary.refused) == (2, {Fate.READ: 3}, 0)
    assert {page.ref.path.removeprefix(str(tmp_path)) for page in all_pages(project)} == {
        "/in/outer.pdf",
        "/in/outer.pdf » Scan 2.pdf",
    }
    assert {(response.token, response.answer("open").value) for response in project.store.responses()} == {
        ("T1", "no"),
        ("T2", "yes"),
    }
    again = ingest(project, outer)
    assert (again.new_files, again.files, again.read) == (0, 2, 0)


@pytest.mark.slow
def test_a_portfolio_is_its_files(project, tiny_survey, tmp_path):
    """Its cover page is counted, is nobody's foreign form, and leaves nothing to do."""
    scans = [
        scan_pdf(tmp_path / f"{n}.pdf", tiny_survey.sheet(n, 1, open="no"), tiny_survey.sheet(n, 2)).read_bytes()
        for n in (1, 2)
    ]
    path = attach(cover_pdf(tmp_path / "mail.pdf"), "portfolio", ("a.pdf", scans[0]), ("b.pdf", scans[1]))
    summary = ingest(project, path)
    assert (summary.files, summary.pages, summary.refused) == (3, {Fate.READ: 4, Fate.BLANK: 1}, 0)
    assert [remark.problem.slug for remark in summary.remarks] == ["portfolio-cover"]


@pytest.mark.slow
def test_a_page_of_words_without_a_portfolio_is_a_foreign_form(project, tmp_path):
    """Only what stands in front of files of a portfolio is a cover page, and only words are one."""
    assert ingest(project, cover_pdf(tmp_path / "a.pdf")).pages == {Fate.UNKNOWN_FORM: 1}
    path = attach(scan_pdf(tmp_path / "b.pdf", letter(ink=20, paper=250)), "portfolio", ("note.txt", b"hello"))
    assert ingest(project, path).pages == {Fate.UNKNOWN_FORM: 1}


def test_the_same_file_twice_is_a_duplicate(project, tiny_survey, tmp_path):
    """Two attachments of one content and one name: each in the ledger, the second a duplicate."""
    inner = scan_pdf(tmp_path / "inner.pdf", tiny_survey.sheet(2, 1)).read_bytes()
    path = attach(
        scan_pdf(tmp_path / "outer.pdf", tiny_survey.sheet(1, 1)), "name tree", ("a.pdf", inner), ("a.pdf", inner)
    )
    summary = ingest(project, path)
    assert (summary.files, summary.pages) == (3, {Fate.READ: 2, Fate.DUPLICATE: 1})
    assert sorted(page.ref.path.rpartition(" » ")[2] for page in all_pages(project) if "»" in page.ref.path) == [
        "a.pdf",
        "a.pdf (2)",
    ]


@pytest.mark.slow
def test_files_in_files_in_files_are_read_to_a_depth(project, tiny_survey, tmp_path):
    """Three files deep they are read; what lies deeper is named as not read."""
    content = scan_pdf(tmp_path / "4.pdf", tiny_survey.sheet(4, 1)).read_bytes()
    for number in (3, 2, 1):
        content = attach(
            scan_pdf(tmp_path / f"{number}.pdf", tiny_survey.sheet(number, 1)),
            "name tree",
            (f"{number + 1}.pdf", content),
        ).read_bytes()
    outer = tmp_path / "0.pdf"
    scan_pdf(outer, tiny_survey.sheet(1, 2))
    attach(outer, "name tree", ("1.pdf", content))
    summary = ingest(project, outer)
    assert summary.pages == {Fate.READ: 4, Fate.DAMAGED: 1}
    (remark,) = summary.remarks
    assert (remark.problem.slug, remark.path.endswith("0.pdf » 1.pdf » 2.pdf » 3.pdf » 4.pdf")) == (
        "attachment-not-read",
        True,
    )


def test_what_cannot_be_read_is_named(project, tiny_survey, tmp_path, monkeypatch):
    """Text is a remark; an archive, a phone picture, something damaged, empty or too large is a refused file that
    nobody overlooks.
    """
    files = [
        ("invoice.xml", b"<?xml version='1.0'?><invoice/>"),
        ("all.zip", b"PK\3\4\0\0\0"),
        ("img.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("no.pdf", b""),
    ]
    path = attach(
        scan_pdf(tmp_path / "outer.pdf", tiny_survey.sheet(1, 1)),
        "name tree",
        *files,
        ("big.pdf", b"%PDF-1.4" + bytes(5000)),
    )
    monkeypatch.setattr("scanform.scan.codecs.heif.find_spec", lambda _: None)
    small = Limits(max_attachment_bytes=4000)
    monkeypatch.setattr("scanform.workflow.intake.read_batch.limits_of", lambda _: small)
    summary = ingest(project, path)
    assert summary.pages == {Fate.READ: 1, Fate.DAMAGED: 4}
    assert summary.refused == 4
    said = {(remark.path.rpartition(" » ")[2], remark.problem.slug) for remark in summary.remarks}
    assert {
        ("all.zip", "not-a-scan"),
        ("img.heic", "phone-picture"),
        ("no.pdf", "empty-file"),
        ("big.pdf", "attachment-not-read"),
    } < said
    assert [
        dict(remark.problem.params) for remark in summary.remarks if remark.problem.slug == "attachment-no-scan"
    ] == [{"name": "invoice.xml"}]
    again = ingest(project, path)
    assert (again.new_files, again.pages, again.refused) == (0, summary.pages, 4)
    assert len([remark for remark in project_status(project).remarks if "»" in remark.path]) == 4


@pytest.mark.slow
def test_trees_that_lead_in_circles_end(project, tiny_survey, tmp_path):
    """A name tree that is its own child, and entries that are no files."""
    path = scan_pdf(tmp_path / "a.pdf", tiny_survey.sheet(1, 1))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        node = pdf.make_indirect(
            Dictionary(Names=Array([pikepdf.String("x"), Dictionary(), pikepdf.String("y"), 7, pikepdf.String("z")]))
        )
        node.Kids = Array([node, 5])
        pdf.Root.Names = Dictionary(EmbeddedFiles=node)
        pdf.Root.AF = pikepdf.String("nonsense")
        pdf.pages[0].obj.Annots = Array(
            [Dictionary(Subtype=Name.FileAttachment), Dictionary(Subtype=Name.FileAttachment, FS=pikepdf.String("x"))]
        )
        pdf.save(path)
    assert ingest(project, path).files == 1


def test_inner_files_are_kept_in_the_archive_by_content(project, tiny_survey, tmp_path):
    """What was read stays readable without the PDF around it."""
    inner = scan_pdf(tmp_path / "inner.pdf", tiny_survey.sheet(2, 1)).read_bytes()
    job = take_in_module.FileJob(
        path=str(attach(scan_pdf(tmp_path / "outer.pdf", tiny_survey.sheet(1, 1)), "pinned", ("x/../../y.pdf", inner))),
        archive=str(tmp_path / "archive"),
        limits=Limits(),
    )
    (found,) = take_in_module.register_file(job).attached
    assert (tmp_path / "archive" / found.archived).read_bytes() == inner
    assert found.archived == f"{found.info.sha256[:2]}/{found.info.sha256}.pdf"


def wide_pdf(path, gray, boxes, box):
    """One picture of two sheets shared by pages that show a part of it each: `box` names the box that says which."""
    pdf = pikepdf.new()
    image = pdf.make_indirect(picture(pdf, gray))
    for shown in boxes:
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, 2 * A4[0], A4[1]]),
            Resources=Dictionary(XObject=Dictionary(Im0=image)),
        )
        page.Contents = pdf.make_stream(f"{2 * A4[0]} 0 0 {A4[1]} 0 0 cm /Im0 Do".encode())
        page[f"/{box}"] = Array(shown)
        pdf.pages.append(pikepdf.Page(page))
    pdf.save(path)
    return path


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("box", ["MediaBox", "CropBox"])
def test_pages_cut_from_one_picture_are_two_forms(project, tiny_survey, tmp_path, box):
    """A sheet of A3 that was split by its boxes: each page is the form that it shows."""
    both = np.hstack([tiny_survey.sheet(1, 1, open="no"), tiny_survey.sheet(2, 1, open="yes")])
    halves = [(0, 0, A4[0], A4[1]), (A4[0], 0, 2 * A4[0], A4[1])]
    summary = ingest(project, wide_pdf(tmp_path / "a.pdf", both, halves, box))
    assert (summary.pages, summary.refused) == ({Fate.READ: 2}, 0)
    assert {(response.token, response.answer("open").value) for response in project.store.responses()} == {
        ("T1", "no"),
        ("T2", "yes"),
    }


@pytest.mark.slow
def test_a_page_whose_form_is_cut_off_is_not_the_page_before(project, tiny_survey, tmp_path):
    """The right sheet cannot be read: its page waits for a person and is no second scan of the left one."""
    right = tiny_survey.sheet(2, 1)
    right[:, : right.shape[1] // 3] = 250
    right[: right.shape[0] // 2] = 250
    both = np.hstack([tiny_survey.sheet(1, 1, open="no"), right])
    summary = ingest(
        project, wide_pdf(tmp_path / "a.pdf", both, [(0, 0, *A4), (A4[0], 0, 2 * A4[0], A4[1])], "CropBox")
    )
    assert summary.pages[Fate.READ] == 1
    assert not {Fate.RESCAN, Fate.COPY, Fate.DUPLICATE} & set(summary.pages)
    assert summary.refused == 1


def two_levels(gray):
    return np.where(gray < 140, 0, 255).astype(np.uint8)


def negative_jpeg(path, gray):
    Image.fromarray(255 - gray).save(path, quality=90)


def negative_fax(path, gray):
    Image.fromarray(255 - two_levels(gray)).convert("1", dither=Image.Dither.NONE).save(path, compression="group4")


def wrong_decode(path, gray):
    scan_pdf(path, gray)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].obj.Resources.XObject.Im0.Decode = Array([1, 0])
        pdf.save(path)


def soft_mask(path, gray):
    """The scan as a mask of a white area on a page that is painted black: what was ink is white."""
    scan_pdf(path, 255 - gray)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        mask = pdf.pages[0].obj.Resources.XObject.Im0
        white = picture(pdf, np.full((20, 20), 255, np.uint8))
        white.SMask = mask
        pdf.pages[0].obj.Resources.XObject = Dictionary(Im0=pdf.make_indirect(white))
        page = f"0 g 0 0 {A4[0]} {A4[1]} re f {A4[0]} 0 0 {A4[1]} 0 0 cm /Im0 Do"
        pdf.pages[0].obj.Contents = pdf.make_stream(page.encode())
        pdf.save(path)


def framed(path, gray):
    inner = 255 - gray
    Image.fromarray(np.pad(inner, 60, constant_values=255)).save(path)


NEGATIVES = {
    "jpg": negative_jpeg,
    "tif": negative_fax,
    "decode.pdf": wrong_decode,
    "mask.pdf": soft_mask,
    "frame.png": framed,
}


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("kind", NEGATIVES)
def test_a_negative_is_read_and_named(project, tiny_survey, tmp_path, kind):
    """Grey or black and white, by its pixels, by a wrong entry or by a mask: the answers are those of the sheet, and
    the picture is called a negative.
    """
    path = tmp_path / f"a.{kind}"
    NEGATIVES[kind](path, tiny_survey.sheet(1, 1, open="no", floor="3"))
    summary = ingest(project, path)
    assert summary.pages == {Fate.READ: 1}
    assert "negative-picture" in {remark.problem.slug for remark in summary.remarks}
    (response,) = project.store.responses()
    assert (response.answer("open").value, response.answer("floor").value) == ("no", "3")


@pytest.mark.slow
def test_a_negative_of_nothing_is_no_empty_paper(project, tmp_path):
    """Light specks on dark paper: a person decides."""
    Image.fromarray(letter(ink=230, paper=20)).save(tmp_path / "a.png")
    summary = ingest(project, tmp_path / "a.png")
    assert Fate.BLANK not in summary.pages
    assert summary.refused == 1
    assert "negative-picture" in {remark.problem.slug for remark in summary.remarks}


PASSED = {
    ".scan.jpg": "passed-hidden",
    "x.png.part": "passed-unfinished",
    "~$x.docx": "passed-lock",
    "Thumbs.db": "passed-system",
    "._scan.jpg": "passed-system",
    "sub/.old/a.pdf": "passed-hidden",
}


@pytest.mark.slow
def test_what_is_passed_over_is_listed_and_kept(project, tiny_survey, tmp_path):
    """In the answer of the run and of `status`, in words and in JSON, with the reason; a file that gets its name is
    read and leaves the list.
    """
    folder = tmp_path / "in"
    for name in PASSED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        tiny_survey.jpeg(folder / name, 1, 1)
    tiny_survey.jpeg(folder / "good.jpg", 1, 2)
    where = project.folder
    project.close()
    first = _cli(where, "--json", "ingest", str(folder), "--serial")
    assert {(Path(one["file"]).name, one["problem"], one["files"]) for one in first["passed_over"]} == {
        (name if "/" not in name else ".old", reason, 1) for name, reason in PASSED.items()
    }
    assert all(one["text"] and one["remedy"] for one in first["passed_over"])
    kept = _cli(where, "--json", "status")["passed_over"]
    assert {one["file"] for one in kept} == {one["file"] for one in first["passed_over"]}
    words = CliRunner().invoke(main, ["--project", str(where), "--language", "en", "status"]).output
    assert "6 files were passed over" in words
    assert "x.png.part" in words
    (folder / "x.png.part").rename(folder / "x.jpg")
    second = _cli(where, "--json", "ingest", str(folder), "--serial")
    assert second["new_files"] == 1
    assert "passed-unfinished" not in {one["problem"] for one in _cli(where, "--json", "status")["passed_over"]}


def test_one_file_handed_in_by_name_is_never_passed_over(project, tiny_survey, tmp_path):
    """Who names a hidden file means it; and looking at one file says nothing of the folder around it."""
    path = tiny_survey.jpeg(tmp_path / ".scan.jpg", 1, 1)
    tiny_survey.jpeg(tmp_path / ".other.jpg", 1, 2)
    summary = ingest(project, path)
    assert (summary.pages, summary.passed_over) == ({Fate.READ: 1}, ())


def test_a_long_list_is_cut_in_words_and_whole_in_json(project, tiny_survey, tmp_path):
    """Fifty hidden files do not push the rest off the screen."""
    folder = tmp_path / "in"
    tiny_survey.jpeg(folder / "good.jpg", 1, 2)
    for number in range(50):
        (folder / f".{number}.jpg").write_bytes(b"x")
    where = project.folder
    project.close()
    words = CliRunner().invoke(main, ["--project", str(where), "--language", "en", "ingest", str(folder), "--serial"])
    assert words.output.count("Not opened") == 20
    assert "30 more" in words.output
    assert len(_cli(where, "--json", "status")["passed_over"]) == 50


def _cli(folder, *arguments):
    result = CliRunner().invoke(main, ["--project", str(folder), *arguments])
    assert result.exit_code in {ExitCode.OK, ExitCode.REVIEW_WAITS, ExitCode.PAGES_REFUSED}, result.output
    return json.loads(result.stdout)
