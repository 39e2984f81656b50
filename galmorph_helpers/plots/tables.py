"""Tables shown in a lesson."""

from html import escape

import numpy as np
from IPython.display import HTML, display

from .style import RED_ROW


def show_table(table, *, caption="", formats=None):
    """A plain table as people read it: numbers right, words left, a row that says NO in red.

    Parameters
    ----------
    table : Table
    caption : str
    formats : dict of str -> str, optional
        Such as ".3f", by column. Otherwise whole numbers that count something (a column of them, some above 1) have no
        decimals, others two, and those that two decimals would hide have two digits.
    """
    formats = {c: _number for c in table.colnames if table[c].dtype.kind == "f"} | (formats or {})
    formats |= {c: ".0f" for c, how in formats.items() if how is _number and _counts(table[c])}
    numeric = {c: np.issubdtype(table[c].dtype, np.number) for c in table.colnames}
    head = "".join(
        f"<th scope=col style=text-align:{'right' if numeric[c] else 'left'}>{escape(c)}</th>" for c in table.colnames
    )
    lines = []
    for row in table:
        cells = []
        for c in table.colnames:
            how = formats.get(c, "")
            text = str(row[c]) if not numeric[c] else how(row[c]) if callable(how) else format(row[c], how)
            text = text.replace("-", "−") if numeric[c] else text
            text = "–" if text == "nan" else text
            cells.append(f"<td style=text-align:{'right' if numeric[c] else 'left'}>{escape(text)}</td>")
        red = f" style='background:{RED_ROW};color:#000'" if "NO" in [str(v) for v in row] else ""
        lines.append(f"<tr{red}>{''.join(cells)}</tr>")
    top = f"<caption>{escape(caption)}</caption>" if caption else ""
    display(HTML(f"<table>{top}<tr>{head}</tr>{''.join(lines)}</table>"))


def _number(value):
    """Two decimals, or two digits of a number that two decimals would hide.

    >>> _number(0.5), _number(0.005), _number(0.0)
    ('0.50', '0.005', '0.00')
    """
    return f"{value:.2g}" if 0 < abs(value) < 0.01 else f"{value:.2f}"


def _counts(column):
    """Does a column of floats hold whole numbers, some of them above 1, as counts do and shares do not?"""
    known = np.asarray(column, float)
    known = known[np.isfinite(known)]
    return bool(len(known) and (known == np.round(known)).all() and np.abs(known).max() > 1)


def show_metrics(table, *, metrics=("accuracy", "precision", "recall", "auc"), published=None, caption=""):
    """A metrics table as people read it: 95 % intervals, prevalence, always-"no", the published row beneath.

    Parameters
    ----------
    table : Table
        From `metrics_table` or `regression_table`.
    metrics : sequence of str
    published : dict of str -> dict, optional
        Published values by row name, printed in a line of their own under the measured ones.
    """
    lead = [c for c in ("n", "positive", "always_no") if c in table.colnames]
    head = [
        "",
        *({"n": "N", "positive": "positive", "always_no": "always “no”"}[c] for c in lead),
        *(m.replace("_", " ") for m in metrics),
    ]
    lines = [f"<tr>{''.join(f'<th scope=col style=text-align:left>{escape(h)}</th>' for h in head)}</tr>"]
    for row in table:
        cells = [f"<th scope=row style=text-align:left>{escape(str(row['name']))}</th>"]
        cells += [f"<td>{row[c]:,}</td>" if c == "n" else f"<td>{row[c]:.3f}</td>" for c in lead]
        cells += [
            f"<td><b>{row[m]:.3f}</b> <small>[{row[m + '_low']:.3f}, {row[m + '_high']:.3f}]</small></td>"
            if np.isfinite(row[m])
            else "<td>not defined</td>"
            for m in metrics
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
        if published and row["name"] in published:
            row = published[row["name"]]
            known = {"n": f"{row['n_test']:,}", "positive": f"{row['positive']:.2f}"}
            known["always_no"] = f"{1 - row['positive']:.2f}"
            known |= {m: f"{row[m]:.2f}" for m in metrics if m in row}
            cells = ["<th scope=row style='text-align:left;font-weight:normal'><i>published</i></th>"]
            cells += [f"<td><i>{known.get(c, '–')}</i></td>" for c in (*lead, *metrics)]
            lines.append(f"<tr>{''.join(cells)}</tr>")
    display(HTML(f"<table>{f'<caption>{escape(caption)}</caption>' if caption else ''}{''.join(lines)}</table>"))


def show_claims(table):
    """The claims of a lesson: findings, then what is not counted; a broken one in red and with the word NO."""
    shown = [name for name in table.colnames if name != "is"]
    head = "".join(f"<th scope=col style=text-align:left>{escape(name)}</th>" for name in shown)
    lines, above = [], "finding"
    for row in table:
        if row["is"] != above:
            above = row["is"]
            lines.append(f"<tr><th colspan={len(shown)} style=text-align:left>not counted: {escape(above)}</th></tr>")
        style = "" if row["holds"] == "yes" else f" style='background:{RED_ROW};color:#000'"
        words = {name: _measured(row[name], row["bound"]) if name == "measured" else str(row[name]) for name in shown}
        cells = "".join(f"<td style=text-align:left>{escape(words[name])}</td>" for name in shown)
        lines.append(f"<tr{style}>{cells}</tr>")
    display(HTML(f"<table><tr>{head}</tr>{''.join(lines)}</table>"))


def _measured(value, bound):
    """A measured number beside its bound: a count as a count, otherwise three decimals, or two digits.

    >>> _measured(312.0, "≥ 150"), _measured(1.0, "≥ 0.9"), _measured(2e-9, "≤ 1e-06"), _measured(0.0, "≤ 1e-06")
    ('312', '1.000', '2e-09', '0.000')
    """
    if float(value).is_integer() and not set(".e") & set(bound):
        return f"{value:.0f}"
    return f"{value:.2g}" if 0 < abs(value) < 0.001 else f"{value:.3f}"
