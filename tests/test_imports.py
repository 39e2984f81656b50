"""What is loaded when: importing the package, or listing what an archive has, loads no torch and no numpy."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "numpy", "scipy", "astropy", "matplotlib", "sklearn", "pooch", "requests", "PIL", "pandas"}


@pytest.mark.parametrize(
    "command",
    [
        "import galmorph_helpers",
        "import galmorph_helpers as gm; dir(gm), gm.plots, gm.archive, gm.runtime, gm.files.shipped('registry.toml')",
        "from galmorph_helpers.archive.__main__ import main; main(['list'])",
        "from galmorph_helpers.archive.__main__ import main; main(['fetch', 'na10_sdss', '--dry-run'])",
    ],
)
def test_what_computes_nothing_loads_nothing_heavy(command):
    code = f"import sys; {command}; print('loaded:', *(m for m in sys.modules if m in {HEAVY}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.splitlines()[-1] == "loaded:"
