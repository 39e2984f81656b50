"""The numbers of the talk and of the papers behind it, with the arithmetic that audits them.

"talk" is H. Domínguez Sánchez, "Deep learning for galaxy morphology", IAP colloquium, 1 December 2023.
"""

from dataclasses import dataclass
from typing import NamedTuple

#: Binary models of the MaNGA morphology catalogue (talk; Domínguez Sánchez+2022, MNRAS 509, 4024).
BINARY_MODELS = {
    "edge-on": {"n_test": 98_561, "positive": 0.14, "accuracy": 0.98, "precision": 0.87, "recall": 0.98, "f1": 0.93},
    "bar": {"n_test": 2_723, "positive": 0.50, "accuracy": 0.93, "precision": 0.92, "recall": 0.90, "f1": 0.93},
}

#: Networks from k folds whose mean and standard deviation the MaNGA morphology catalogue gives (talk).
FOLDS = 10

#: Weights of the network of Domínguez Sánchez+2018 (MNRAS 476, 3661) for 69 x 69 pixels in three bands.
DS18_PARAMETERS = 2_602_849

#: The five networks of the DES Y3 catalogue that tell early from late types on emulated faint galaxies, and their mean:
#: threshold, AUC, precision, recall, accuracy (talk; Vega-Ferrero+2021, MNRAS 506, 1927).
FAINT_MODELS = {
    "P1": {"threshold": 0.49, "auc": 0.99, "precision": 0.97, "recall": 0.96, "accuracy": 0.97},
    "P2": {"threshold": 0.46, "auc": 0.99, "precision": 0.95, "recall": 0.96, "accuracy": 0.96},
    "P3": {"threshold": 0.39, "auc": 0.99, "precision": 0.96, "recall": 0.97, "accuracy": 0.97},
    "P4": {"threshold": 0.35, "auc": 0.99, "precision": 0.95, "recall": 0.97, "accuracy": 0.96},
    "P5": {"threshold": 0.54, "auc": 0.99, "precision": 0.96, "recall": 0.96, "accuracy": 0.96},
    "mean": {"threshold": 0.40, "auc": 0.99, "precision": 0.95, "recall": 0.97, "accuracy": 0.97},
}

#: The catalogue itself (talk): galaxies to r = 21.5, share of late types; secure share of the ETG/LTG classes
#: (Vega-Ferrero+2021, abstract); agreement with VIPERS spectral classes (talk).
FAINT_CATALOGUE = {"galaxies": 27_000_000, "magnitude": 21.5, "late": 0.88, "secure": 0.87,
                   "vipers_late": 0.97, "vipers_early": 0.89}  # fmt: skip

#: Lenticulars of MaNGA with activity gradients from principal components, and the range of the share that has a ring
#: of star formation near one half-light radius (Tous+2023, arXiv:2211.09697, abstract).
MANGA_S0 = {"galaxies": 532, "rings": (0.21, 0.34)}

#: Clusters of MaNGA galaxies by the structure inside them: rotating discs of the main sequence, massive slow rotators
#: (Sarmiento+2021, ApJ 921, 177; arXiv:2104.08292, abstract).
MANGA_CLUSTERS = 2

#: Who looked at which galaxies, so that networks can learn from them: as the talk says it, and as the paper does.
LABEL_SOURCES = {
    "Sloan Digital Sky Survey": {"talk": "1/3 of the sky, 0.5 billion objects, a 2.5 m telescope",
                                 "paper": "a 2.5 m telescope at Apache Point (York+2000, AJ 120, 1579)"},
    "Galaxy Zoo 2": {"talk": "240,000 galaxies, by volunteers",
                     "paper": "304,122 galaxies, over 16 million classifications in 14 months (Willett+2013, MNRAS "
                              "435, 2835)"},
    "Nair & Abraham": {"talk": "14,000 galaxies, by professional astronomers",
                       "paper": "14,034 galaxies (Nair & Abraham 2010, ApJS 186, 427)"},
}  # fmt: skip
GALAXY_ZOO_2 = {"galaxies": 304_122, "classifications": 16e6, "months": 14}
#: Galaxies of the Dark Energy Survey with a predicted morphology (Vega-Ferrero+2021), the talk's largest catalogue.
LARGEST_CATALOGUE = 27_000_000

#: A few of the works that the course rebuilds or leans on, entered by hand: a reading list, not a census.
WORKS = (
    (2015, "Dieleman+2015, MNRAS 450, 1441", "Galaxy Zoo answers from pixels, by a convolutional network"),
    (2015, "Huertas-Company+2015, ApJS 221, 8", "visual classes for 50,000 CANDELS galaxies"),
    (2018, "Domínguez Sánchez+2018, MNRAS 476, 3661", "T-Types and Galaxy Zoo questions for 670,000 SDSS galaxies"),
    (2019, "Domínguez Sánchez+2019, MNRAS 484, 93", "from one survey to another with few new labels"),
    (2020, "Walmsley+2020, MNRAS 491, 1554", "votes as probabilities; which galaxy to label next"),
    (2021, "Vega-Ferrero+2021, MNRAS 506, 1927", "27 million DES galaxies, trained on emulated faint ones"),
    (2021, "Sarmiento+2021, ApJ 921, 177", "structure found in MaNGA maps without labels"),
    (2022, "Domínguez Sánchez+2022, MNRAS 509, 4024", "MaNGA galaxies with an uncertainty for each"),
    (2022, "Walmsley+2022, MNRAS 509, 3966", "detailed answers for 314,000 DECaLS galaxies"),
    (2024, "Huertas-Company+2024, A&A 685, A48", "galaxies seen by JWST, by adversarial adaptation"),
)
#: Papers on deep learning that one slide of the talk lists (first author + year), spelt as there: the speaker's choice.
TALK_PAPERS = (
    """
Dieleman+15, Huertas-Company+15, Aniyan+17, Charnock+17, Gieseke+17, Jacobs+17, Petrillo+17, Schawinski+17, Alhassan+18,
Dominguez-Sanchez+18, George+18, Hanners+18, Lukic+18, Moss+18, Razzano+18, Schaefer+18, Allen+19, Burke+19,
Carrasco-Davis+19, Chatterjee+19, Davies+19, Dominguez-Sanchez+19, Fusse+19, Glaser+19, Ishida+19, Jacobs+19, Katebi+19,
Lanusse+19, Liu+19, Lukic+19, Metcalf+19, Muthukrishna+19, Petrillo+19, Reiman+19, Boucaud+20, Chiani+20, Ghosh+20,
Gomez+20, Hausen+20, Hlozek+20, Hosseinzadeh+20, Huang+20, Li+20, Moller+20, Paillassa+20, Tadaki+20,
Vargas dos Santos+20, Walmsley+20, Wei+20, Allam+21, Arcelin+21, Becker+21, Bretonniere+21, Burhanudin+21, Davison+21,
Donoso-Oliva+21, Jia+21, Lauritsen+21, Ono+21, Ruan+21, Sadegho+21, Tang+21, Tanoglidis+21, Vojtekova+21, Dhar+22,
Hausen+22, Orwat+22, Pimentel+22, Rezaei+22, Samudre+22, Shen+22, Walmsley+22
""".replace("\n", " ")
    .strip()
    .split(", ")
)


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

    Raises
    ------
    ValueError
        If a number is no share, or the precision is 0.

    Examples
    --------
    >>> bar = audit(precision=0.92, recall=0.90, positive=0.50)
    >>> round(bar.accuracy, 2), round(bar.f1, 2)
    (0.91, 0.91)
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


class TransferRow(NamedTuple):
    """A row of the published transfer table: `n_train` galaxies of the survey, `positives` among `n_test`."""

    n_train: int
    n_test: int
    positives: int
    recall: float
    precision: float
    accuracy: float


#: From SDSS to DES, by (question, survey, galaxies of that survey trained on); DES networks start from the SDSS ones
#: (talk; Domínguez Sánchez+2019, MNRAS 484, 93). "disc" is Q1, smooth or disc; TPR is called recall here.
TRANSFER = {
    ("disc", "SDSS", 5000): TransferRow(5000, 3370, 674, 0.93, 0.91, 0.97),
    ("disc", "DES", 0): TransferRow(0, 2409, 797, 0.48, 0.92, 0.81),
    ("disc", "DES", 500): TransferRow(500, 238, 78, 0.95, 0.91, 0.95),
    ("edge-on", "SDSS", 5000): TransferRow(5000, 2687, 396, 0.98, 0.80, 0.96),
    ("edge-on", "DES", 0): TransferRow(0, 2851, 536, 0.91, 0.73, 0.96),
    ("edge-on", "DES", 500): TransferRow(500, 738, 187, 0.96, 0.86, 0.95),
    ("bar", "SDSS", 10000): TransferRow(10000, 1806, 169, 0.76, 0.79, 0.96),
    ("bar", "DES", 0): TransferRow(0, 1768, 61, 0.57, 0.35, 0.95),
    ("bar", "DES", 300): TransferRow(300, 86, 9, 0.89, 0.73, 0.95),
}


class TransferAudit(NamedTuple):
    """What a row's counts imply: the range of `accuracy`, by how much the printed one is `off`, `always_no`."""

    accuracy: tuple
    off: float
    always_no: float


def transfer_audit(row):
    """Accuracies that a `TransferRow` allows: whole numbers of galaxies behind its rounded recall and precision.

    Every number of true positives and of false positives that rounds to the printed recall and precision is tried.

    Returns
    -------
    TransferAudit
        `off` is 0 where the printed accuracy, rounded to two digits, is among them.
    """
    half = 0.005 + 1e-9
    found = []
    for hits in range(row.positives + 1):
        if hits == 0 or abs(hits / row.positives - row.recall) > half:
            continue
        calls = range(hits, row.n_test - row.positives + hits + 1)
        found += [
            1 - (row.positives - hits + called - hits) / row.n_test
            for called in calls
            if abs(hits / called - row.precision) <= half
        ]
    if not found:
        raise ValueError(f"no whole number of galaxies gives recall {row.recall} and precision {row.precision}.")
    low, high = min(found), max(found)
    off = max(low - half - row.accuracy, row.accuracy - high - half, 0.0)
    return TransferAudit((low, high), off, 1 - row.positives / row.n_test)


#: Detector of tidal features on mock HSC images (talk; Domínguez Sánchez+2023, arXiv:2303.03407): the test images, and
#: these with shallow ones added.
TIDAL_TESTS = {
    "original": {"n_test": 532, "positive": 0.33, "threshold": 0.32, "accuracy": 0.84, "precision": 0.72,
                 "recall": 0.85, "f1": 0.78},
    "original + shallow": {"n_test": 820, "positive": 0.27, "threshold": 0.31, "accuracy": 0.85, "precision": 0.71,
                           "recall": 0.75, "f1": 0.73},
}  # fmt: skip
#: Share found by type (same paper): fewer than the third are found of mergers, tails, bridges.
TIDAL_RECALL = {"shells": 1.00, "streams": 0.87, "mergers, tails, bridges": 0.75}
#: AUC of that detector on observed HSC images, with transfer learning (talk).
TIDAL_OBSERVED_AUC = 0.64
#: The first network for tidal features, on CFHTLS-Wide (Walmsley+2019, MNRAS 483, 2968, abstract). The talk calls the
#: 0.76 an accuracy; it is a completeness.
WALMSLEY19 = {"completeness": 0.76, "contamination": 0.20}
#: Share of the light of debris around galaxies like the Milky Way or larger that is brighter than a limit, mag
#: arcsec^-2 at 3 sigma, 10" x 10" (Martin+2022, MNRAS 513, 1459, abstract).
TIDAL_LIGHT_ABOVE = {29.5: 0.60, 30.5: 0.80}
#: The faintest features that people outlined by hand (Sola+2025, arXiv:2503.18480), and a stream in the first data
#: of Rubin, in g (arXiv:2601.03080): mag arcsec^-2.
FAINTEST_OUTLINES, RUBIN_STREAM = 27.8, 28.6
#: Found at 20 to 22 % contamination since then: any feature, labels 50 and more (Desmons+2024, arXiv:2308.07962), and
#: the least of four classes (Gordon+2024, arXiv:2404.06487v2).
TIDAL_SINCE = {"Desmons et al. 2024": 0.96, "Gordon et al. 2024": 0.97}
#: ARRAKIHS: what the talk says and what the mission's pages say (3 sigma limits of co-added images, mag arcsec^-2).
ARRAKIHS = {
    "galaxies like the Milky Way": {"talk": "about 100", "mission": "about 100"},
    "limit, visible": {"talk": "31", "mission": "30 to 30.6"},
    "limit, near infrared": {"talk": "-", "mission": "29.3 to 29.7"},
    "mean wavelengths, nm": {"talk": "2 visible and 2 infrared bands", "mission": "350, 622, 1056, 1367"},
    "telescopes": {"talk": "-", "mission": "4 of 150 mm"},
    "sharpness": {"talk": 'FWHM 0.8"', "mission": 'half of the light of a star within 1.5" (EE50, VIS2)'},
    "selected by ESA": {"talk": "December 2022", "mission": "2 November 2022"},
    "launch": {"talk": "-", "mission": "2030, for 3 years"},
}
