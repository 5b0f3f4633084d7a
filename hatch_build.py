"""Put the built PWA into the wheel, so that an installed Xunlu needs no Node.

An editable install serves `pwa/dist` from the working copy and includes nothing.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PwaInWheel(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        built = Path(self.root) / "pwa" / "dist"
        if not (built / "index.html").is_file():
            raise FileNotFoundError("pwa/dist is not built: run `make pwa` first")
        build_data["force_include"][str(built)] = "server/static"
