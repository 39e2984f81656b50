"""The numbers of the talk and of the papers behind it, with the arithmetic that audits them.

"talk" is H. Domínguez Sánchez, "Deep learning for galaxy morphology", IAP colloquium, 1 December 2023.
"""

from dataclasses import dataclass

#: Binary models of the MaNGA morphology catalogue (talk; Domínguez Sánchez+2022, MNRAS 509, 4024).
BINARY_MODELS = {
    "edge-on": {"n_test": 98_561, "positive": 0.14, "accuracy": 0.98, "precision": 0.87, "recall": 0.98, "f1": 0.93},
    "bar": {"n_test": 2_723, "positive": 0.50, "accuracy": 0.93, "precision": 0.92, "recall": 0.90, "f1": 0.93},
}

#: Weights of the network of Domínguez Sánchez+2018 (MNRAS 476, 3661) for 69 x 69 pixels in three bands.
DS18_PARAMETERS = 2_602_849

#: Lenticulars of MaNGA with activity gradients from principal components, and the range of the share that has a ring
#: of star formation near one half-light radius (Tous+2023, arXiv:2211.09697, abstract).
MANGA_S0 = {"galaxies": 532, "rings": (0.21, 0.34)}

#: T-Type of each Hubble class on the scale of Domínguez Sánchez+2018, which the talk's axis follows.
T_TYPE_DS18 = {
    "E": -3,
    "S0-": -2,
    "S0": -1,
    "S0/a": 0,
    "Sa": 1,
    "Sab": 2,
    "Sb": 3,
    "Sbc": 4,
    "Sc": 5,
    "Scd": 6,
    "Sd": 7,
    "Sdm": 8,
    "Sm": 9,
    "Im": 10,
}


@dataclass(frozen=True)
class Audit:
    """What precision, recall and prevalence imply, and the largest slip that rounding to two digits explains."""

    accuracy: float
    f1: float
    accuracy_range: tuple
    f1_range: tuple

    def agrees(self, *, accuracy, f1):
        """True if printed `accuracy` and `f1` (two digits) can follow from the printed precision and recall."""
        half = 0.005
        return (
            self.accuracy_range[0] - half <= accuracy <= self.accuracy_range[1] + half
            and self.f1_range[0] - half <= f1 <= self.f1_range[1] + half
        )


def audit(*, precision, recall, positive):
    """Accuracy and F1 that follow from precision P, recall R and the fraction of positives f.

    True positives are f R, false positives f R (1/P - 1), so that
    accuracy = 1 - f (1 - R) - f R (1/P - 1) and F1 = 2 P R / (P + R).

    Parameters
    ----------
    precision, recall, positive : float
        As printed, to two digits; precision in (0, 1], the others in [0, 1].

    Returns
    -------
    Audit
        The values, and the ranges they span when each input moves within its rounding (half of 0.01).
    """
    if not (0 < precision <= 1 and 0 <= recall <= 1 and 0 <= positive <= 1):
        raise ValueError(
            f"precision must be in (0, 1], recall and positive in [0, 1]; got {precision}, {recall}, {positive}."
        )

    def implied(p, r, f):
        return 1 - f * (1 - r) - f * r * (1 / p - 1), 2 * p * r / (p + r)

    step = (-0.005, 0.0, 0.005)
    corners = [
        implied(min(precision + a, 1), min(recall + b, 1), min(max(positive + c, 0), 1))
        for a in step
        for b in step
        for c in step
    ]
    accuracy, f1 = implied(precision, recall, positive)
    accuracies, f1s = zip(*corners, strict=True)
    return Audit(accuracy, f1, (min(accuracies), max(accuracies)), (min(f1s), max(f1s)))
