"""Films that are being sent, and the queue of work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hiphinge.store import jobs, people, uploads
from hiphinge.store.core import StoreCore
from hiphinge.store.files import make_private
from hiphinge.store.webrecords import Job, JobState, Upload

__all__ = ["QueueStore"]


class QueueStore(StoreCore):
    """What a store does with uploads and jobs."""

    def upload_folder(self) -> Path:
        """Return the folder in which the bytes of uploads lie, as ``ID.part``; only its owner can look into it."""
        folder = self._files / uploads.FOLDER
        make_private(folder)
        return folder

    def upload_path(self, upload_id: str) -> Path:
        """Return where the bytes of an upload lie, or are to be written; the folder is there.

        Raises
        ------
        StoreError
            There is no such upload.
        """
        upload = self.upload(upload_id)
        return self.upload_folder() / f"{upload.id}.part"

    def add_upload(self, person_id: str, name: str, size: int, meta: Mapping[str, Any] | None = None) -> Upload:
        """Add an upload of which nothing was received yet. Nothing may be written into its file before.

        Parameters
        ----------
        name
            The film's own name, without folders.
        meta
            What is known of it: drill, session, and so on; plain values that JSON has.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        RecordConflict
            A name, a size or a value that cannot be kept.
        """
        with self._writing() as connection:
            upload = uploads.insert_upload(connection, person_id, name, size, meta or {}, now=self._clock())
            self._audit(connection, f"upload {upload.id} begun", person_id)
            return upload

    def upload(self, upload_id: str) -> Upload:
        """Return an upload.

        Raises
        ------
        StoreError
            There is none with this id.
        """
        with self._reading() as connection:
            return uploads.read_upload(connection, upload_id)

    def uploads(self, person_id: str) -> tuple[Upload, ...]:
        """Return a person's uploads, finished or not, oldest first.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        """
        with self._reading() as connection:
            people.require_person(connection, person_id)
            return uploads.read_uploads(connection, person_id)

    def set_upload_received(self, upload_id: str, received: int) -> Upload:
        """Write down how many bytes of an upload are on the disk; fewer than before where its file was cut off.

        Raises
        ------
        RecordConflict
            More than the film has, or it is finished.
        StoreError
            There is no such upload.
        """
        with self._writing() as connection:
            return uploads.receive(connection, upload_id, received, now=self._clock())

    def finish_upload(self, upload_id: str, sha256: str) -> Upload:
        """Write down that a film was received whole, and its sha256; twice is once.

        Raises
        ------
        RecordConflict
            Bytes are missing, or it was finished with another hash.
        StoreError
            There is no such upload.
        """
        with self._writing() as connection:
            return uploads.complete_upload(connection, upload_id, sha256, now=self._clock())

    def drop_upload(self, upload_id: str) -> None:
        """Delete an upload and its bytes; nothing happens where there is none (any more)."""
        with self._writing() as connection:
            person = uploads.delete_upload(connection, upload_id)
            if person is not None:
                self._audit(connection, f"upload {upload_id} deleted", person)
        if person is not None:
            # What cannot be removed now, tidying removes.
            uploads.remove_parts(self._files, [upload_id])

    def add_job(self, kind: str, person_id: str, payload: Mapping[str, Any], key: str, *, max_attempts: int = 3) -> Job:
        """Add a job; where this person has one with this key already, that one is returned, whatever its state.

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        RecordConflict
            A text or a value that cannot be kept.
        """
        with self._writing() as connection:
            job, new = jobs.insert_job(connection, kind, person_id, payload, key, max_attempts=max_attempts)
            if new:
                self._audit(connection, f"job {job.id} added ({kind})", person_id)
            return job

    def job(self, job_id: str) -> Job:
        """Return a job.

        Raises
        ------
        StoreError
            There is none with this id.
        """
        with self._reading() as connection:
            return jobs.read_job(connection, job_id)

    def jobs(self, person_id: str | None = None, state: JobState | None = None) -> tuple[Job, ...]:
        """Return jobs in the order in which they were added: all, of one person, in one state."""
        with self._reading() as connection:
            return jobs.read_jobs(connection, person_id, state)

    def claim_job(self, owner: str, lease_s: float) -> Job | None:
        """Take the next job for so many seconds, as its next attempt; None where there is none.

        People take turns. A job whose worker has fallen silent is taken again, until it has had all its attempts; then
        it is set aside as failed.

        Parameters
        ----------
        owner
            A name that no other worker has, such as one with the number of the process.
        lease_s
            Say ``beat_job`` well before they are over.
        """
        with self._reading() as connection:
            if not jobs.is_work_waiting(connection):
                return None
        with self._writing() as connection:
            return jobs.take_job(connection, owner, lease_s)

    def beat_job(
        self, job_id: str, owner: str, attempt: int, lease_s: float, progress: float = 0.0, *, stage: str = ""
    ) -> Job:
        """Keep a job for so many more seconds, and write down how far it is (0 to 1) and at what.

        Raises
        ------
        RecordConflict
            The job is no longer this worker's: another took it, or it was cancelled or erased. Stop working on it.
        """
        with self._writing() as connection:
            return jobs.beat(connection, job_id, owner, attempt, lease_s, progress=progress, stage=stage)

    def finish_job(self, job_id: str, owner: str, attempt: int, result: Mapping[str, Any] | None = None) -> Job:
        """Write down that a job is done and what it came to; said twice by the same worker, it is once.

        Raises
        ------
        RecordConflict
            The job is no longer this worker's. Nothing was written.
        """
        with self._writing() as connection:
            return jobs.complete_job(connection, job_id, owner, attempt, result or {})

    def fail_job(self, job_id: str, owner: str, attempt: int, reason: str, retry: bool) -> Job:
        """Write down why a job failed, in words to be shown; with ``retry`` it waits again while it has an attempt.

        Raises
        ------
        RecordConflict
            The job is no longer this worker's. Nothing was written.
        """
        with self._writing() as connection:
            return jobs.give_up_job(connection, job_id, owner, attempt, reason, retry=retry)

    def retry_job(self, job_id: str) -> Job:
        """Let a job that failed or was cancelled wait again, with all its attempts.

        Raises
        ------
        RecordConflict
            It is running or done.
        StoreError
            There is no such job.
        """
        with self._writing() as connection:
            job = jobs.put_back(connection, job_id)
            self._audit(connection, f"job {job_id} tried again", job.person)
            return job

    def cancel_job(self, job_id: str) -> Job:
        """Call off a job that waits or is running: its worker is refused from then on.

        Raises
        ------
        RecordConflict
            It is done, or failed.
        StoreError
            There is no such job.
        """
        with self._writing() as connection:
            job = jobs.call_off(connection, job_id)
            self._audit(connection, f"job {job_id} cancelled", job.person)
            return job
