"""The report as one self-contained HTML page: style and charts inline, no script, no request, tables beside charts."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from html import escape

from scanform.i18n.texts import day_text, number_text, percent_text, problem_text, text
from scanform.model.place import Disposition
from scanform.reporting import drawing
from scanform.reporting.figures import (
    ChoiceFigure,
    CountFigure,
    FieldFigures,
    Figure,
    MatrixFigure,
    NumberFigure,
    Reading,
    ReportData,
    SectionFigures,
    Survey,
)
from scanform.reporting.response_rates import LEAST_PLACES, Group
from scanform.reporting.style import CSS

NO_BREAK = "\N{NO-BREAK SPACE}"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Resources the page may load: none. Stated in the page, so that a browser enforces it."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SHADE = (18, 58, 92)


def report(data: ReportData, *, language: str = "de") -> str:
    """The complete page in `language`."""
    page = _Page(data, language)
    chapters = page.chapters()
    contents = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, title, _ in chapters)
    main = "".join(
        f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2>{body}</section>'
        for name, title, body in chapters
    )
    title = page.title()
    return _printable(
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head>\n<body>"
        f'<a class="skip" href="#content">{page.t("skip")}</a>{page.header(title)}'
        f'<main id="content">{page.tiles()}<nav aria-labelledby="contents">'
        f'<h2 id="contents">{page.t("contents")}</h2><ol>{contents}</ol></nav>'
        f"{main}</main><footer>{page.date()}</footer></body>\n</html>\n"
    )


class _Page:
    """The page being written: its data, its language, and the ids used."""

    def __init__(self, data: ReportData, language: str) -> None:
        self.data = data
        self.language = language
        self.names = drawing.Names()

    # --- words and numbers ---------------------------------------------------------------------------------------

    def t(self, key: str, **params: object) -> str:
        """The text `report.<key>`, escaped."""
        return escape(text(f"report.{key}", self.language, **params))

    def number(self, value: float) -> str:
        """A number with the separators of the language, 12.345,6 or 12,345.6; four digits (years among them) are not
        grouped.
        """
        return number_text(
            Decimal(f"{value:.10g}") if isinstance(value, float) else value, self.language, grouped=abs(value) >= 10_000
        )

    def percent(self, count: int, base: int) -> str:
        """`count` as whole percent of `base`, escaped; a few are never shown as none; nothing for an empty base."""
        if not base:
            return "\N{EN DASH}"
        few = 0 < 200 * count < base
        return escape(
            ("<" if few else "") + percent_text(Decimal(1 if few else f"{100 * count / base:.0f}") / 100, self.language)
        )

    def title(self) -> str:
        """The name of the page: the surveys, or the project when there are none."""
        surveys = " \N{MIDDLE DOT} ".join(survey.title for survey in self.data.surveys) or self.data.project
        return f"{surveys} \N{EN DASH} {text('report.heading', self.language)}"

    def date(self) -> str:
        """The sentence about the date of the data."""
        return self.t(
            "as-of", date=self.day(self.data.as_of) if self.data.as_of else text("report.no-date", self.language)
        )

    def day(self, iso: str) -> str:
        """A day as people write it."""
        return day_text(iso, self.language)

    # --- parts of the page ---------------------------------------------------------------------------------------

    def header(self, title: str) -> str:
        """The publisher, the subject and the date of the data."""
        publishers = ", ".join(dict.fromkeys(survey.publisher for survey in self.data.surveys if survey.publisher))
        above = f'<p class="publisher">{escape(publishers)}</p>' if publishers else ""
        return (
            f'<header>{above}<h1>{escape(title)}</h1><p class="date">{self.date()}</p>'
            f'<p class="notice">{self.t("internal")}</p></header>'
        )

    def tiles(self) -> str:
        """The five key numbers."""
        data = self.data
        values = (
            ("tile-records", sum(survey.records for survey in data.surveys)),
            ("tile-complete", sum(survey.complete for survey in data.surveys)),
            ("tile-pages", data.pages),
            ("tile-waiting", sum(count for _, count in data.waiting)),
            ("tile-conflicts", sum(conflict.waiting for survey in data.surveys for conflict in survey.conflicts)),
        )
        tiles = "".join(f"<div><dt>{self.t(key)}</dt><dd>{self.number(value)}</dd></div>" for key, value in values)
        return f'<section aria-label="{self.t("key")}"><dl class="tiles">{tiles}</dl></section>'

    def chapters(self) -> list[tuple[str, str, str]]:
        """(id, title, content) of each chapter."""
        several = len(self.data.surveys) > 1
        results = [
            (
                f"results-{number}",
                text("report.results-of", self.language, title=survey.title)
                if several
                else text("report.results", self.language),
                self.survey(survey),
            )
            for number, survey in enumerate(self.data.surveys, start=1)
        ]
        plain = (
            ("returns", self.returns),
            ("fates", self.fates),
            ("reading", self.reading),
            ("waiting-heading", self.waiting),
        )
        after = (("conflicts", self.conflicts), ("hints", self.hints), ("method", self.method))
        first = [(key, text(f"report.{key}", self.language), make()) for key, make in plain]
        if self.data.field is not None:
            first.insert(1, ("field", text("report.field", self.language), self.field_work(self.data.field)))
        return [*first, *results, *((key, text(f"report.{key}", self.language), make()) for key, make in after)]

    def returns(self) -> str:
        """Responses by channel."""
        found = self.data.returns
        total = sum(part.count for part in found)
        rows = [
            (
                self.t(f"channel-{part.channel.value}"),
                self.number(part.count),
                self.number(part.complete),
                self.percent(part.count, total),
            )
            for part in found
        ]
        foot = (
            self.t("sum"),
            self.number(total),
            self.number(sum(part.complete for part in found)),
            self.percent(total, total),
        )
        parts = [(text(f"report.channel-{part.channel.value}", self.language), part.count) for part in found]
        return (
            f"<p>{self.t('returns-intro')}</p>{self.stacked('returns-title', parts)}"
            f"{self.table((self.t('channel'), self.t('responses'), self.t('complete'), self.t('share')), rows, foot)}"
        )

    def field_work(self, field: FieldFigures) -> str:
        """Response rates, by district and carrier, days to return, the curve over time, and how many are outstanding:
        counts of places, never a place.
        """
        total = field.total
        rows = [
            (escape(text(f"disposition.{one.value}", self.language)), self.number(total.count(one)), self.percent(total.count(one), total.places))
            for one in Disposition
            if total.count(one)
        ]  # fmt: skip
        foot = (self.t("sum"), self.number(total.places), self.percent(total.places, total.places))
        base = self.number(total.outcomes.base)
        rates = self.t(
            "field-rates",
            count=base,
            rr1=self.percent(total.outcomes.complete, total.outcomes.base),
            rr2=self.percent(total.outcomes.complete + total.outcomes.partial, total.outcomes.base),
        )
        parts = [
            f"<p>{self.t('field-intro')}</p><p>{rates}</p>",
            self.table((self.t("field-state"), self.t("field-places"), self.t("share")), rows, foot),
            self.groups("field-districts", field.districts),
            self.groups("field-carriers", field.carriers),
            self.days_to_return(field),
            self.curve(field),
            f"<p>{self.t('field-outstanding', count=self.number(field.outstanding))}</p>",
        ]
        if field.no_place:
            parts.append(f"<p>{self.t('field-no-place', count=self.number(field.no_place))}</p>")
        return "".join(parts)

    def groups(self, key: str, groups: Sequence[Group]) -> str:
        """A table of groups with their rates; the small ones stand together, and one alone is not shown at all."""
        if not groups or any(group.places < LEAST_PLACES for group in groups):
            return ""
        rows = [
            (
                self.group_name(group),
                self.number(group.places),
                self.number(group.outcomes.complete),
                self.number(group.outcomes.partial),
                self.percent(group.outcomes.complete, group.outcomes.base),
                self.percent(group.outcomes.complete + group.outcomes.partial, group.outcomes.base),
            )
            for group in groups
        ]
        names = ("field-places", "field-complete", "field-partial")
        head = (self.t(key), *(self.t(name) for name in names), "RR1", "RR2")
        return self.table(head, rows) + f'<p class="base">{self.t("field-small", least=LEAST_PLACES)}</p>'

    def group_name(self, group: Group) -> str:
        """A group's own name, or what it stands for."""
        if group.together:
            return self.t("field-together", count=group.together)
        return escape(group.name) or self.t("field-no-name")

    def days_to_return(self, field: FieldFigures) -> str:
        """Median and middle half of the days between sending and answer."""
        days = field.days
        if not days.count:
            return ""
        facts = (
            (self.t("median"), self.number(days.median)),
            (self.t("quartiles"), self.span(days.lower_quartile, days.upper_quartile)),
            (self.t("range"), self.span(days.lowest, days.highest)),
        )
        return f"<h3>{self.t('field-days')}</h3>{self.table((self.t('field-days-of', count=self.number(days.count)), self.t('days')), facts)}"

    def curve(self, field: FieldFigures) -> str:
        """How many places had answered by which day: a line, and the same as a table."""
        if not field.curve:
            return ""
        points = [(date.fromisoformat(day), places) for day, places in field.curve]
        title, places = text("report.field-curve", self.language), field.curve[-1][1]
        first, last = self.day(field.curve[0][0]), self.day(field.curve[-1][0])
        said = text(
            "report.field-curve-desc",
            self.language,
            first=first,
            last=last,
            places=places,
            base=field.total.outcomes.base,
        )
        line = drawing.curve(points, max(1, field.total.outcomes.base), title=title, description=said, names=self.names)
        rows = [(escape(self.day(day)), self.number(count)) for day, count in field.curve]
        table = self.table((self.t("field-day"), self.t("field-answered")), rows)
        return (
            f'<h3>{escape(title)}</h3><p class="base">{escape(said)}</p>{line}'
            f"<details><summary>{self.t('numbers')}</summary>{table}</details>"
        )

    def fates(self) -> str:
        """The fates of the pages; their sum is compared with the submitted pages."""
        found = [
            (text(f"report.fate-{fate.value if fate else 'none'}", self.language), count)
            for fate, count in self.data.fates
            if count
        ]
        total = sum(count for _, count in found)
        key = "fates-agree" if total == self.data.pages else "fates-differ"
        look = "alarm" if total != self.data.pages else "base"
        words = self.t(key, pages=self.number(self.data.pages), sum=self.number(total))
        sentence = f'<p class="{look}">{words}</p>'
        rows = [(escape(label), self.number(count), self.percent(count, total)) for label, count in found]
        foot = (self.t("sum"), self.number(total), self.percent(total, total))
        body = self.stacked("fates-title", found) + self.table(
            (self.t("fate"), self.t("pages"), self.t("share")), rows, foot
        )
        return f"<p>{self.t('fates-intro')}</p>{body}{sentence}"

    def reading(self) -> str:
        """The fraction accepted without review, by kind of field."""
        found = self.data.readings
        if not found:
            return f"<p>{self.t('reading-none')}</p>"
        heads = ("kind", "fields", "automatic", "confirmed", "corrected", "waiting")
        rows = [self.reading_row(part) for part in found]
        absent = sum(part.absent for part in found)
        note = f'<p class="base">{self.t("absent-note", count=self.number(absent))}</p>' if absent else ""
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        head = (
            f'<th scope="col">{self.t(heads[0])}</th>'
            f'<th scope="col" class="draw">{self.t("share")} ({self.t("automatic")})</th>'
        )
        head += "".join(f'<th scope="col" class="n">{self.t(name)}</th>' for name in heads[1:])
        return (
            f'<p>{self.t("reading-intro")}</p><div class="scroll"><table><caption>{self.t("reading-title")}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}"
        )

    def reading_row(self, part: Reading) -> str:
        """One kind of field: bar and numbers."""
        label = escape(text(f"merge.kind-{part.kind.value}", self.language))
        counts = (part.confirmed, part.corrected, part.waiting)
        cells = (
            f'<td class="n">{self.number(part.total)}</td>'
            f'<td class="n">{self.number(part.automatic)} ({self.percent(part.automatic, part.total)})</td>'
        )
        cells += "".join(f'<td class="n">{self.number(count)}</td>' for count in counts)
        fraction = part.automatic / part.total if part.total else 0.0
        return f'<th scope="row">{label}</th><td class="draw">{drawing.bar(fraction)}</td>{cells}'

    def waiting(self) -> str:
        """Values waiting for a person, by reason."""
        found = self.data.waiting
        if not found:
            return f"<p>{self.t('waiting-none')}</p>"
        most = max(count for _, count in found)
        rows = [(escape(reason), drawing.bar(count / most), self.number(count)) for reason, count in found]
        foot = (self.t("sum"), "", self.number(sum(count for _, count in found)))
        table = self.table((self.t("reason"), "", self.t("count")), rows, foot, drawn=1)
        return f"<p>{self.t('waiting-intro')}</p>{table}"

    def survey(self, survey: Survey) -> str:
        """The results of one questionnaire."""
        if not survey.records:
            return f"<p>{self.t('results-none')}</p>"
        words = {
            name: text(f"report.{name}-{'one' if count == 1 else 'many'}", self.language, count=self.number(count))
            for name, count in (("records", survey.records), ("responses", survey.responses))
        }
        return (
            f"<p>{self.t('results-intro', **words)}</p>{''.join(self.section(section) for section in survey.sections)}"
        )

    def section(self, section: SectionFigures) -> str:
        """One section of the questionnaire."""
        return f"<h3>{escape(section.title)}</h3>{''.join(self.figure(figure) for figure in section.figures)}"

    def conflicts(self) -> str:
        """Contradictions by question."""
        found = [conflict for survey in self.data.surveys for conflict in survey.conflicts]
        if not found:
            return f"<p>{self.t('conflicts-none')}</p>"
        rows = [(escape(c.title), self.number(c.waiting), self.number(c.decided)) for c in found]
        foot = (self.t("sum"), self.number(sum(c.waiting for c in found)), self.number(sum(c.decided for c in found)))
        table = self.table((self.t("question"), self.t("open"), self.t("decided")), rows, foot)
        return f"<p>{self.t('conflicts-intro')}</p>{table}"

    def hints(self) -> str:
        """Remarks about tokens."""
        if not self.data.problems:
            return f"<p>{self.t('hints-none')}</p>"
        texts = (escape(problem_text(problem, self.language)) for problem in self.data.problems)
        return f"<ul>{''.join(f'<li>{words}</li>' for words in texts)}</ul>"

    def method(self) -> str:
        """How the numbers were obtained."""
        return f"<p>{self.t('method-text')}</p>"

    # --- figures -------------------------------------------------------------------------------------------------

    def figure(self, figure: Figure) -> str:
        """One question: title, base, chart and table."""
        if isinstance(figure, ChoiceFigure):
            body = self.choice(figure)
        elif isinstance(figure, MatrixFigure):
            body = self.matrix(figure)
        elif isinstance(figure, NumberFigure):
            body = self.quantity(figure)
        else:
            body = self.counted(figure)
        return f'<section class="figure"><h4>{escape(figure.title)}</h4>{body}</section>'

    def choice(self, figure: ChoiceFigure) -> str:
        """Options with bars, numbers and percentages."""
        key = "base-multiple" if figure.multiple else "base"
        base = f'<p class="base">{self.t(key, count=self.number(figure.base))}</p>'
        rows = [
            (
                escape(part.label),
                drawing.bar(part.count / figure.base if figure.base else 0.0),
                self.number(part.count),
                self.percent(part.count, figure.base),
            )
            for part in figure.bars
        ]
        return (
            base
            + self.table((self.t("answer"), "", self.t("count"), self.t("percent-of-n")), rows, drawn=1)
            + self.missing(figure.missing)
        )

    def matrix(self, figure: MatrixFigure) -> str:
        """Rows against options: shaded counts where several answers are possible, else stacked bars with counts."""
        legend = "" if figure.multiple else drawing.legend(figure.options)
        head = f'<th scope="col">{self.t("row")}</th>'
        if not figure.multiple:
            head += '<th scope="col" class="draw"></th>'
        head += (
            "".join(f'<th scope="col" class="n">{escape(option)}</th>' for option in figure.options)
            + '<th scope="col" class="n">n</th>'
        )
        rows = "".join(self.matrix_row(row, heat=figure.multiple) for row in figure.rows)
        kind = "heat" if figure.multiple else "rows"
        return (
            f'{legend}<div class="scroll"><table class="{kind}">'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )

    def matrix_row(self, row: ChoiceFigure, *, heat: bool) -> str:
        """One row of a matrix."""
        counts = [part.count for part in row.bars]
        cells = "" if heat else f'<td class="draw">{drawing.small_stack(counts)}</td>'
        for count in counts:
            shade = f' style="--shade:{_shade(count / row.base if row.base else 0.0)}"' if heat else ""
            cells += f'<td class="n"{shade}>{self.number(count)} ({self.percent(count, row.base)})</td>'
        return f'<tr><th scope="row">{escape(row.title)}</th>{cells}<td class="n">{self.number(row.base)}</td></tr>'

    def quantity(self, figure: NumberFigure) -> str:
        """Count, median and range, with a histogram and its table when there are enough values."""
        base = f'<p class="base">{self.t("base", count=self.number(figure.count))}</p>'
        if not figure.count:
            return base + self.missing(figure.missing)
        unit = f"{NO_BREAK}{figure.unit}" if figure.unit else ""
        facts = (
            (self.t("median"), self.number(figure.median) + escape(unit)),
            (self.t("quartiles"), self.span(figure.lower_quartile, figure.upper_quartile) + escape(unit)),
            (self.t("range"), self.span(figure.lowest, figure.highest) + escape(unit)),
        )
        table = (
            "<table><tbody>"
            + "".join(f'<tr><th scope="row">{name}</th><td class="n">{value}</td></tr>' for name, value in facts)
            + "</tbody></table>"
        )
        if not figure.bins:
            return base + table + self.missing(figure.missing)
        return (
            f'{base}<div class="pair">{self.histogram(figure)}<div>{table}{self.bin_table(figure)}</div></div>'
            f"{self.missing(figure.missing)}"
        )

    def span(self, low: float, high: float) -> str:
        """Two numbers as a range."""
        return f"{self.number(low)}{NO_BREAK}\N{EN DASH}{NO_BREAK}{self.number(high)}"

    def histogram(self, figure: NumberFigure) -> str:
        """The columns of a number."""
        labels = [self.bin_label(part.low, part.high) for part in figure.bins]
        title = text("report.histogram-title", self.language, title=figure.title)
        highest = max(part.count for part in figure.bins)
        description = text("report.histogram-desc", self.language, bins=len(figure.bins), highest=highest)
        return drawing.histogram(figure.bins, labels, title=title, description=description, names=self.names)

    def bin_table(self, figure: NumberFigure) -> str:
        """The same columns as numbers, collapsed by default."""
        rows = [(escape(self.bin_label(part.low, part.high)), self.number(part.count)) for part in figure.bins]
        table = self.table((self.t("from-to"), self.t("count")), rows)
        return f"<details><summary>{self.t('numbers')}</summary>{table}</details>"

    def bin_label(self, low: float, high: float) -> str:
        """The limits of a column; years and other plain numbers without thousands separators."""
        shown = [number_text(Decimal(f"{value:.6g}"), self.language, grouped=False) for value in (low, high)]
        return shown[0] if low == high else f"{shown[0]}\N{EN DASH}{shown[1]}"

    def counted(self, figure: CountFigure) -> str:
        """The number of records with a value, and why the values are not shown."""
        why = self.t("given-sensitive" if figure.sensitive else "given-values")
        return (
            f'<p class="base">{self.t("given", count=self.number(figure.count), total=self.number(figure.total))}. '
            f"{why}</p>"
        )

    def missing(self, missing: Sequence[tuple[str, int]]) -> str:
        """Why records are not in the base, in words."""
        if not missing:
            return ""
        reasons = ", ".join(
            f"{text(f'merge.missing{code}', self.language)} {self.number(count)}" for code, count in reversed(missing)
        )
        return f'<p class="base after">{self.t("missing-note", reasons=reasons)}</p>'

    # --- charts and tables ---------------------------------------------------------------------------------------

    def stacked(self, key: str, parts: Sequence[tuple[str, int]]) -> str:
        """A stacked bar with its legend; nothing when there is nothing to show."""
        shown = [part for part in parts if part[1]]
        if not shown:
            return ""
        said = ", ".join(f"{label} {count}" for label, count in shown)
        title, description = text(f"report.{key}", self.language), text("report.stack-desc", self.language, parts=said)
        return drawing.stack(shown, title=title, description=description, names=self.names) + drawing.legend(
            [label for label, _ in shown]
        )

    def table(
        self, head: Sequence[str], rows: Iterable[Sequence[str]], foot: Sequence[str] = (), *, drawn: int | None = None
    ) -> str:
        """A table of ready HTML cells: the first column are row headings, `drawn` is a column of charts, the others are
        numbers.
        """

        def kind(place: int) -> str:
            return "draw" if place == drawn else "n"

        top = "".join(
            f'<th scope="col"{"" if place == 0 else f" class={kind(place)}"}>{cell}</th>'
            for place, cell in enumerate(head)
        )

        def line(cells: Sequence[str]) -> str:
            first, *others = cells
            return (
                f'<tr><th scope="row">{first}</th>'
                + "".join(f'<td class="{kind(n)}">{cell}</td>' for n, cell in enumerate(others, start=1))
                + "</tr>"
            )

        body = "".join(line(row) for row in rows)
        bottom = f"<tfoot>{line(foot)}</tfoot>" if foot else ""
        look = "plain" if drawn is None else "bars"
        return (
            f'<div class="scroll"><table class="{look}">'
            f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>{bottom}</table></div>"
        )


def _printable(page: str) -> str:
    """The page without control characters and lone surrogates, which HTML cannot hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", page)


def _shade(fraction: float) -> str:
    """A light background for `fraction` (0..1): dark text on it keeps a contrast above 7:1."""
    red, green, blue = (round(255 - 0.38 * fraction * (255 - part)) for part in _SHADE)
    return f"rgb({red},{green},{blue})"
