"""Photo evidence: in by resumable upload, kept by hash, out only to those who may see it.

For: mounting `media.create_app(...)` and handing photos to an `EvidenceStore`.
Not for: deciding who may see what, or what a photo proves: the application that mounts this says so
through `MediaAccess` and `on_stored`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from media.access import Caller, MediaAccess
    from media.app import create_app
    from media.errors import MediaError, Unauthorized
    from media.limits import MediaLimits
    from media.store import Evidence, EvidenceStore
    from media.uploads import sweep

__all__ = [
    "Caller",
    "Evidence",
    "EvidenceStore",
    "MediaAccess",
    "MediaError",
    "MediaLimits",
    "Unauthorized",
    "create_app",
    "sweep",
]

_HOME = {
    "Caller": "media.access",
    "MediaAccess": "media.access",
    "create_app": "media.app",
    "MediaError": "media.errors",
    "Unauthorized": "media.errors",
    "MediaLimits": "media.limits",
    "Evidence": "media.store",
    "EvidenceStore": "media.store",
    "sweep": "media.uploads",
}


def __getattr__(name: str) -> object:
    # Loaded on first use: the caged child imports this package too, and must start without a web framework.
    if name not in _HOME:
        raise AttributeError(f"module 'media' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
