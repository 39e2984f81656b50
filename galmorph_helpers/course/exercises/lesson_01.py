"""The exercises of lesson 01, why morphology matters."""

import numpy as np

from ..checks import Exercise

# ---------------------------------------------------------------- 01.1


def confusion(truth, called, classes):
    """Counts (K, K): row, what a galaxy is; column, what it was called."""
    truth, called = np.asarray(truth), np.asarray(called)
    return np.array([[np.sum((truth == t) & (called == c)) for c in classes] for t in classes])


_KINDS = ["E", "S0", "Sa–Sb", "Sbc–Im"]
_TRUTH = ["E", "E", "S0", "Sa–Sb", "Sa–Sb", "Sbc–Im", "Sbc–Im", "Sbc–Im"]
_CALLED = ["E", "S0", "S0", "Sa–Sb", "S0", "Sbc–Im", "Sa–Sb", "Sbc–Im"]

# ---------------------------------------------------------------- 01.2


def to_ds18(t):
    """T-Types of the RC3 scale on the scale of DS18; the codes 90 and 99 become NaN."""
    t = np.where(np.isin(t, (90, 99)), np.nan, t)
    return np.interp(t, [-5, -3, -2, 0, 10], [-3, -2, -1, 0, 10])


def _shifted(t):
    t = np.where(np.isin(t, (90, 99)), np.nan, t)
    return np.where(t < 0, t + 2, t)


# ---------------------------------------------------------------- 01.3


def flatter_than(q, q0):
    """Share of discs of thickness q0, inclined at random, that look flatter than q."""
    return np.sqrt(np.clip((q**2 - q0**2) / (1 - q0**2), 0, 1))


# ---------------------------------------------------------------- 01.4


def cut_by_colour(colour, early, cut):
    """Purity and completeness of "early" for the galaxies redder than a cut."""
    red = colour > cut
    return early[red].mean(), red[early].mean()


def _of_everything(colour, early, cut):
    return (np.mean(early & (colour > cut)),) * 2


_COLOUR = np.array([0.95, 0.9, 0.7, 0.88, 0.5, 0.6, 0.99, 0.4])
_EARLY = np.array([True, True, True, False, False, False, True, False])

# ---------------------------------------------------------------- 01.5


def main_sequence(log_mass, log_sfr):
    """Slope of the main sequence above sSFR = 1e-11 per year, and the scatter around it (dex)."""
    return _fit(log_mass, log_sfr, log_sfr - log_mass > -11)


def _fit(log_mass, log_sfr, use):
    slope, zero = np.polyfit(log_mass[use], log_sfr[use], 1)
    return slope, np.std(log_sfr[use] - slope * log_mass[use] - zero)


def _no_cut(log_mass, log_sfr):
    return _fit(log_mass, log_sfr, np.ones(len(log_mass), bool))


def _of_all(log_mass, log_sfr):
    use = log_sfr - log_mass > -11
    slope, zero = np.polyfit(log_mass[use], log_sfr[use], 1)
    return slope, np.std(log_sfr - slope * log_mass - zero)


_MASS = np.array([9.1, 9.5, 9.8, 10.0, 10.4, 10.6, 10.9, 11.1, 10.8, 10.3])
_SFR = np.array([-0.9, -0.2, -0.4, 0.2, 0.1, 0.6, 0.5, 1.0, -1.2, -1.6])

# ---------------------------------------------------------------- 01.6


def papers_a_year(names):
    """Years, and how many names such as "Walmsley+20" are of each."""
    return np.unique([2000 + int(name[-2:]) for name in names], return_counts=True)


def _short_years(names):
    years, papers = papers_a_year(names)
    return years - 2000, papers


EXERCISES = {
    "01.1": Exercise(
        name="confusion",
        right=confusion,
        cases=[(_TRUTH, _CALLED, _KINDS), (["S0", "E", "E"], ["E", "E", "S0"], ["E", "S0"])],
        mistakes={
            "Rows are what a galaxy is, columns what it was called: yours are the other way round.": lambda *a: (
                confusion(*a).T
            ),
            "Counts are wanted, not shares: do not divide.": lambda *a: confusion(*a) / len(a[0]),
            "Only right answers are counted: the wrong ones belong beside the diagonal.": lambda *a: np.diag(
                np.diag(confusion(*a))
            ),
        },
        hint="Begin with zeros, and add one at [row of the truth, column of the call] for each galaxy.",
    ),
    "01.2": Exercise(
        name="to_ds18",
        right=to_ds18,
        cases=[(np.array([-5.0, -2, 4, 99]),), (np.array([-4.0, -3, -1, 0, 10, 90]),)],
        mistakes={
            "99 and 90 are codes, no types: they become NaN before anything else.": lambda t: np.interp(
                t, [-5, -3, -2, 0, 10], [-3, -2, -1, 0, 10]
            ),
            "You went from DS18 to RC3: np.interp takes the old scale first, then the new one.": lambda t: np.interp(
                np.where(np.isin(t, (90, 99)), np.nan, t), [-3, -2, -1, 0, 10], [-5, -3, -2, 0, 10]
            ),
            "The early types are not shifted by the same step: −5 becomes −3, but −2 becomes −1.": _shifted,
        },
        hint="np.interp(t, old, new) draws straight lines between the classes of the table; Sa to Im agree.",
    ),
    "01.3": Exercise(
        name="flatter_than",
        right=flatter_than,
        cases=[(np.array([0.1, 0.2, 0.5, 1.0]), 0.2), (np.array([0.3, 0.7]), 0.25)],
        mistakes={
            "The square root is missing: the formula gives the square of cos i.": lambda q, q0: np.clip(
                (q**2 - q0**2) / (1 - q0**2), 0, 1
            ),
            "That is the share of discs that look rounder than q.": lambda q, q0: 1 - flatter_than(q, q0),
            "Not the inclination but its cosine is spread evenly: leave out the arc cosine.": lambda q, q0: (
                1 - np.arccos(flatter_than(q, q0)) / (np.pi / 2)
            ),
            "Below q₀ there is no disc: clip the square of cos i to 0 and 1 before the root.": lambda q, q0: np.sqrt(
                np.abs(q**2 - q0**2) / (1 - q0**2)
            ),
        },
        hint="Solve the formula for cos² i. The flatter discs are those with a smaller cos i.",
    ),
    "01.4": Exercise(
        name="cut_by_colour",
        right=cut_by_colour,
        cases=[(_COLOUR, _EARLY, 0.85), (_COLOUR, _EARLY, 0.55)],
        mistakes={
            "Purity comes first, completeness second.": lambda *a: cut_by_colour(*a)[::-1],
            "Larger B − V is redder: take what lies above the cut.": lambda colour, early, cut: cut_by_colour(
                -colour, early, -cut
            ),
            "Purity is a share of the red galaxies, completeness one of the early ones: not of all.": _of_everything,
        },
        hint="Purity: which share of the red is early? Completeness: which share of the early is red?",
    ),
    "01.5": Exercise(
        name="main_sequence",
        right=main_sequence,
        cases=[(_MASS, _SFR), (_MASS[::2], _SFR[::2] + 0.5)],
        mistakes={
            "Keep only galaxies that form stars: log SFR − log M above −11.": _no_cut,
            "Fit log SFR against log mass, not the other way round.": lambda m, s: _fit(s, m, s - m > -11),
            "The scatter is that of the galaxies that you fitted, not of all.": _of_all,
            "The slope comes first, then the scatter.": lambda m, s: main_sequence(m, s)[::-1],
        },
        hint="np.polyfit(x, y, 1) gives slope and zero point; the scatter is the standard deviation from that line.",
    ),
    "01.6": Exercise(
        name="papers_a_year",
        right=papers_a_year,
        cases=[(["Dieleman+15", "Huertas-Company+15", "Wei+20"],), (["Li+20", "Moss+18", "Hausen+20", "Tang+21"],)],
        mistakes={
            "Full years are wanted: 2015, not 15.": _short_years,
            "Years come first, then how many papers.": lambda names: papers_a_year(names)[::-1],
        },
        hint="The last two letters of a name are its year; np.unique(..., return_counts=True) counts.",
    ),
}
