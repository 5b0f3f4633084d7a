"""Unfinished uploads on the disk: who owns them, how far they are, and how they become evidence.

For: create, find, lock, write, finish, discard, sweep. All state is in files, so a kill at any point loses nothing
that was acknowledged, and several processes agree.
Not for: the protocol (media/tus) or the finished photo (media/store).
Layout: `uploads/<owner>/<id>.json` what was announced, `<id>.part` what has arrived, `<id>.done` instead of `.json`
once the photo is stored and the application knows. A photo moves from `.part` into the store by rename.
Source: promises D7, F-41, F-42, S-23; tus 1.0.0 "Expiration".
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio.to_thread

from media.durable import FOLDER_MODE, fsync_folder, storage_errors, write_new
from media.errors import HashMismatch, NotAPhoto, NotFound, TooManyOpenUploads, UploadLocked
from media.limits import MediaLimits
from media.store import Evidence, EvidenceStore

LEFTOVERS_AFTER = timedelta(days=7)  # promises F-41: collected after 7 days, never earlier
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Upload:
    """What was announced at creation. It never changes."""

    id: str
    owner: str
    length: int
    sha256: str
    mime: str
    created_at: datetime
    expires_at: datetime


class Uploads:
    def __init__(
        self,
        store: EvidenceStore,
        limits: MediaLimits,
        now: Callable[[], datetime],
        on_stored: Callable[[Evidence], Awaitable[None]],
    ) -> None:
        self._store = store
        self._limits = limits
        self._now = now
        self._on_stored = on_stored
        self._creating = threading.Lock()

    def create(self, owner: str, length: int, sha256: str, mime: str) -> Upload:
        """Announce a photo. Raises TooManyOpenUploads, StorageFull."""
        now = self._now()
        upload = Upload(
            secrets.token_hex(16), owner, length, sha256, mime, now, now + self._limits.upload_lifetime
        )
        with self._creating, storage_errors():
            folder = self._folder(owner)
            if not folder.exists():
                folder.mkdir(mode=FOLDER_MODE)
                fsync_folder(folder.parent)
            self._make_room(owner, sha256)
            write_new(folder / f"{upload.id}.part", b"")
            write_new(folder / f"{upload.id}.json", _to_json(upload))
            fsync_folder(folder)
        return upload

    def find(self, owner: str, upload_id: str) -> Upload:
        """Raises NotFound: also for somebody else's upload, an expired one and one that was discarded."""
        if _ID.fullmatch(upload_id) is None:
            raise NotFound("there is no such upload")
        for suffix in (".json", ".done"):
            try:
                upload = _from_json((self._folder(owner) / (upload_id + suffix)).read_bytes())
            except FileNotFoundError:
                continue
            if upload.expires_at > self._now():
                return upload
        raise NotFound("there is no such upload")

    @contextmanager
    def locked(self, owner: str, upload_id: str) -> Iterator[Upload]:
        """Be the only writer of an upload. Raises NotFound, UploadLocked."""
        upload = self.find(owner, upload_id)
        try:
            descriptor = os.open(self._announcement(upload), os.O_RDONLY)
        except FileNotFoundError as cause:
            raise NotFound("there is no such upload") from cause
        try:
            _lock(descriptor)
            yield self.find(
                owner, upload_id
            )  # looked up again: it may have ended while this one came for the lock
        finally:
            os.close(descriptor)

    def offset(self, upload: Upload) -> int:
        """Return how many bytes have arrived."""
        try:
            return self.part(upload).stat().st_size
        except FileNotFoundError:
            return upload.length  # moved into the store

    def is_done(self, upload: Upload) -> bool:
        return self._path(upload, ".done").is_file()

    async def finish(self, upload: Upload) -> None:
        """Make the photo evidence and tell the application. Safe to repeat after a kill at any point.

        A photo that is not what was announced, or not a photo, is discarded with its upload: it restarts from zero.
        Raises HashMismatch, NotAPhoto and its kinds, InspectionUnavailable, StorageFull, and whatever `on_stored`
        raises: the photo is stored by then, and the next call on this upload tells the application again.
        """
        part = self.part(upload)
        if part.exists():
            try:
                await self._store.cage.inspect(part)
                await anyio.to_thread.run_sync(self._store.adopt, part, upload.sha256)
            except (HashMismatch, NotAPhoto):
                self.discard(upload)
                raise
        evidence = await anyio.to_thread.run_sync(self._store.describe, upload.sha256)
        if evidence is None:
            self.discard(upload)
            raise HashMismatch("the photo is no longer here; send it again from the start")
        await self._on_stored(evidence)
        self._path(upload, ".json").replace(self._path(upload, ".done"))

    def discard(self, upload: Upload) -> None:
        """Forget an upload and what has arrived of it. The stored photo, if it got that far, stays."""
        for suffix in (".json", ".done", ".part"):
            self._path(upload, suffix).unlink(missing_ok=True)

    def part(self, upload: Upload) -> Path:
        return self._path(upload, ".part")

    def _folder(self, owner: str) -> Path:
        # Named by a hash: a user name may hold anything. Somebody else's upload is simply not in here.
        return self._store.uploads_folder / hashlib.sha256(owner.encode()).hexdigest()[:32]

    def _path(self, upload: Upload, suffix: str) -> Path:
        return self._folder(upload.owner) / (upload.id + suffix)

    def _announcement(self, upload: Upload) -> Path:
        done = self._path(upload, ".done")
        return done if done.exists() else self._path(upload, ".json")

    def _make_room(self, owner: str, sha256: str) -> None:
        if len(self._open(owner)) < self._limits.max_open_uploads:
            return
        # A phone that lost its memory starts photos anew: its own earlier attempts at this photo make room first.
        for earlier in self._open(owner):
            if earlier.sha256 == sha256:
                with suppress(UploadLocked, NotFound), self.locked(owner, earlier.id):
                    self.discard(earlier)
        if len(self._open(owner)) >= self._limits.max_open_uploads:
            raise TooManyOpenUploads(
                f"{self._limits.max_open_uploads} uploads are unfinished; finish or delete one first",
                {"Retry-After": "60"},
            )

    def _open(self, owner: str) -> list[Upload]:
        announced = (_from_json(path.read_bytes()) for path in self._folder(owner).glob("*.json"))
        return [upload for upload in announced if upload.expires_at > self._now()]


def sweep(store: EvidenceStore, now: datetime, leftovers_after: timedelta = LEFTOVERS_AFTER) -> int:
    """Remove uploads that expired by `now`, and leftovers of killed processes. Returns how many; safe to repeat."""
    removed = store.sweep_leftovers(now, leftovers_after)
    for owner in store.uploads_folder.iterdir():
        for announcement in [*owner.glob("*.json"), *owner.glob("*.done")]:
            if _from_json(announcement.read_bytes()).expires_at <= now:
                announcement.with_suffix(".part").unlink(missing_ok=True)
                announcement.unlink(missing_ok=True)
                removed += 1
        for part in owner.glob("*.part"):
            # Killed between the two files of a creation: nobody was told this id.
            old = datetime.fromtimestamp(part.stat().st_mtime, UTC) <= now - leftovers_after
            if old and not part.with_suffix(".json").exists():
                part.unlink(missing_ok=True)
                removed += 1
    return removed


def _lock(descriptor: int) -> None:
    # By flock, not by a lock in memory: it also holds between processes and dies with its holder.
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as cause:
        raise UploadLocked(
            "another request is writing this upload; try again", {"Retry-After": "1"}
        ) from cause


def _to_json(upload: Upload) -> bytes:
    return json.dumps(
        {
            "id": upload.id,
            "owner": upload.owner,
            "length": upload.length,
            "sha256": upload.sha256,
            "mime": upload.mime,
            "created_at": upload.created_at.isoformat(),
            "expires_at": upload.expires_at.isoformat(),
        }
    ).encode()


def _from_json(text: bytes) -> Upload:
    said = json.loads(text)
    return Upload(
        id=said["id"],
        owner=said["owner"],
        length=said["length"],
        sha256=said["sha256"],
        mime=said["mime"],
        created_at=datetime.fromisoformat(said["created_at"]),
        expires_at=datetime.fromisoformat(said["expires_at"]),
    )
