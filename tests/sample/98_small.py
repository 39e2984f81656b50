# ---
# minutes: 10
# ---

# %% [markdown]
# # Count photons
#
# A small lesson that the tests build, solve, break and grade.

# %% tags=["setup"]
import numpy as np

import galmorph_helpers as gm

gm.course.exercises.__path__.append("FOLDER")
edge_on = np.array([1, 0, 0, 1, 0])
claims = gm.Claims("98")

# %% [markdown]
# ## From magnitude to flux


# %% tags=["exercise"]
def to_flux(magnitude):
    """Flux in nanomaggies of an AB magnitude."""
    ### BEGIN SOLUTION
    # a comment does not count as a line
    return 10 ** (0.4 * (22.5 - magnitude))
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("98.1", points=2)

# %%
use = gm.course.yours("98.1")
flux = use(np.array([17.0, 20.0]))


# %% tags=["exercise"]
def scores(true_positive, false_positive, false_negative):
    """Recall and precision."""
    ### BEGIN SOLUTION
    recall = true_positive / (true_positive + false_negative)
    precision = true_positive / (true_positive + false_positive)
    return recall, precision
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("98.2")

# %% tags=["exercise"]
# Which share of the galaxies is edge-on?
### BEGIN SOLUTION
share = edge_on.mean()
### END SOLUTION

# %% tags=["check"]
gm.course.check("98.3", given=(edge_on,))

# %% tags=["claims"]
share = gm.course.yours("98.3", given=(edge_on,))
claims.check("brighter by", flux[0] / flux[1], at_least=10,
             control=("the same magnitude", flux[0] / flux[0]))
claims.identity("share", share, between=(0.39, 0.41))
gm.plots.show_claims(claims.report())
