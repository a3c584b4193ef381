// What a reload of the page must not lose: which set runs, and where its time stands. Kept for this tab alone.

const KEY = "hiphinge.live";
/** After so long without a page the server has ended the set. */
const STALE_MS = 10 * 60 * 1000;

export class Keep {
  constructor(storage = globalThis.sessionStorage) {
    this.storage = storage;
  }

  /** The set that was running in this tab: {live, socket, person, drill, last}; null where there is none. */
  read(person, nowMs) {
    try {
      const kept = JSON.parse(this.storage.getItem(KEY));
      return kept?.person === person && nowMs - kept.last.wallMs < STALE_MS ? kept : null;
    } catch {
      return null;
    }
  }

  write(kept) {
    try {
      this.storage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // Without storage a reload begins a new set; nothing else changes.
    }
  }

  clear() {
    try {
      this.storage.removeItem(KEY);
    } catch {
      // Nothing is kept where nothing can be.
    }
  }
}
