"""Put into a wheel, beside the Python files, the settings that stand at the top of the project."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = ("disclosure.toml", "_brand.yml")


class BuildWithSettings(build_py):
    def run(self) -> None:
        super().run()
        for name in () if self.editable_mode else CARRIED:
            self.copy_file(name, str(Path(self.build_lib) / "analysis_lib" / name))


setup(cmdclass={"build_py": BuildWithSettings})
