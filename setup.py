"""What pyproject.toml cannot say: the folder data/ goes into the wheel, as galmorph_helpers/data."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithData(build_py):
    def run(self):
        super().run()
        if not self.editable_mode:  # there the folder of the clone is found
            shutil.copytree("data", Path(self.build_lib) / "galmorph_helpers" / "data", dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithData})
