"""How the rows of a lesson's claims are read: what they count as, and how they are said."""

#: What a row can be; only findings with a control count.
KINDS = ("finding", "check", "put in")
#: Which bounds there are.
SIDES = ("at_least", "at_most", "between")


def keeps(value, side, bound):
    """Does a number keep a bound? NaN keeps none.

    >>> keeps(0.97, "at_least", 0.95), keeps(0.2, "between", (0.3, 0.4)), keeps(float("nan"), "at_most", 1)
    (True, False, False)
    """
    if side == "between":
        return bool(bound[0] <= value <= bound[1])
    return bool(value >= bound if side == "at_least" else value <= bound)


def standing(row):
    """What a row counts as: "finding", "without control yet" (a finding that cannot count), "check" or "put in"."""
    kind = row.get("kind", "finding")  # results that were stored before rows had a kind
    return "without control yet" if kind == "finding" and not row.get("control") else kind


def is_short(row):
    """Does a finding not hold, and the lesson's text say so?

    >>> is_short({"holds": False, "short": "The network does not win."}), is_short({"holds": False})
    (True, False)
    """
    return bool(row.get("short")) and not row["holds"]


def bound_words(row):
    """The bound as signs.

    >>> bound_words({"between": [0.3, 0.4]})
    '0.3 to 0.4'
    """
    if "between" in row:
        return "{:g} to {:g}".format(*row["between"])
    return f"≥ {row['at_least']:g}" if "at_least" in row else f"≤ {row['at_most']:g}"


def control_words(row):
    """The control and its number, and the words "keeps the bound" where it shows nothing."""
    control = row.get("control")
    if not control:
        return ""
    return f"{control['what']}: {control['value']:.3g}{'' if control['breaks'] else ' (keeps the bound)'}"


def tally(claims):
    """How the rows of a lesson count.

    Parameters
    ----------
    claims : list of dict
        As `Claims.report` writes them.

    Returns
    -------
    dict
        `findings`, `held`, `short` (do not hold, as the lesson's text says), `hopes`, `reached`, `without` (findings
        that have no control yet), `checks`, `put_in`.
    """
    of = {kind: [c for c in claims if standing(c) == kind] for kind in (*KINDS, "without control yet")}
    hopes = [c for c in claims if "hoped" in c]
    return {
        "findings": len(of["finding"]),
        "held": sum(c["holds"] for c in of["finding"]),
        "short": sum(is_short(c) for c in claims),
        "hopes": len(hopes),
        "reached": sum(c["reached"] for c in hopes),
        "without": len(of["without control yet"]),
        "checks": len(of["check"]),
        "put_in": len(of["put in"]),
    }


def summary(claims):
    """The tally in one line.

    >>> summary([{"name": "a", "kind": "check", "holds": True}])
    'Findings: 0 of 0 hold. Not counted: 1 check.'
    """
    n = tally(claims)
    hopes = f", {n['reached']} of {n['hopes']} reach what was hoped" if n["hopes"] else ""
    apart = [f"{n['without']} without control yet"] * bool(n["without"])
    apart += [f"{n['checks']} check{'s' * (n['checks'] > 1)}"] * bool(n["checks"])
    apart += [f"{n['put_in']} put in"] * bool(n["put_in"])
    short = f" ({n['short']} short, as the text says)" if n["short"] else ""
    found = f"Findings: {n['held']} of {n['findings']} hold{short}{hopes}."
    return f"{found} Not counted: {', '.join(apart)}." if apart else found
