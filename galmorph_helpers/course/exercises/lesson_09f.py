"""The exercises of lesson 09f: how large a shard is, and what a further network costs."""

import math

from ..checks import Exercise


def plan(galaxies, per_shard, rate):
    """Seconds of work lost at most with a worker, and the number of files."""
    return per_shard / rate, math.ceil(galaxies / per_shard)


def share_with(more, k, share):
    """Speed of a catalogue over that of its networks alone, with more networks and all else as it was."""
    besides = k / share - k
    return more / (more + besides)


EXERCISES = {
    "09f.1": Exercise(
        name="plan",
        right=plan,
        cases=[(27_000_000, 1000, 800), (1_000_500, 1000, 500)],
        mistakes={
            "The last shard that is not full is a file, too.": (
                lambda galaxies, per_shard, rate: (per_shard / rate, galaxies // per_shard)
            ),
            "A shard of n galaxies takes n / rate seconds.": (
                lambda galaxies, per_shard, rate: (rate / per_shard, math.ceil(galaxies / per_shard))
            ),
            "First the seconds, then the files.": (
                lambda galaxies, per_shard, rate: (math.ceil(galaxies / per_shard), per_shard / rate)
            ),
        },
        hint="One shard is lost at most; np.ceil rounds up.",
    ),
    "09f.2": Exercise(
        name="share_with",
        right=share_with,
        cases=[(10, 5, 0.85), (1, 5, 0.6)],
        mistakes={
            "All else does not grow with the number of networks.": lambda more, k, share: share,
            "The time besides is what is left of k / share when the k networks are taken off.": (
                lambda more, k, share: more / (more + 1 - share)
            ),
            "That is the share of all else; that of the networks is wanted.": (
                lambda more, k, share: 1 - share_with(more, k, share)
            ),
        },
        hint="In units of one network, all takes k / share with k networks: k for them, the rest besides.",
    ),
}
