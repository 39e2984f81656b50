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
        Such as ".3f", by column; numbers with decimals have two otherwise.
    """
    formats = formats or {}
    numeric = {c: np.issubdtype(table[c].dtype, np.number) for c in table.colnames}
    head = "".join(
        f"<th scope=col style=text-align:{'right' if numeric[c] else 'left'}>{escape(c)}</th>" for c in table.colnames
    )
    lines = []
    for row in table:
        cells = []
        for c in table.colnames:
            text = (
                format(row[c], formats.get(c, ".2f" if table[c].dtype.kind == "f" else ""))
                if numeric[c]
                else str(row[c])
            )
            text = text.replace("-", "−") if numeric[c] else text
            text = "–" if text == "nan" else text
            cells.append(f"<td style=text-align:{'right' if numeric[c] else 'left'}>{escape(text)}</td>")
        red = f" style='background:{RED_ROW};color:#000'" if "NO" in [str(v) for v in row] else ""
        lines.append(f"<tr{red}>{''.join(cells)}</tr>")
    top = f"<caption>{escape(caption)}</caption>" if caption else ""
    display(HTML(f"<table>{top}<tr>{head}</tr>{''.join(lines)}</table>"))


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
        words = {name: f"{row[name]:.3f}" if name == "measured" else str(row[name]) for name in shown}
        cells = "".join(f"<td style=text-align:left>{escape(words[name])}</td>" for name in shown)
        lines.append(f"<tr{style}>{cells}</tr>")
    display(HTML(f"<table><tr>{head}</tr>{''.join(lines)}</table>"))
