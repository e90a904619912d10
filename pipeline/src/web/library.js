/**
 * The documents known to the page. News comes by several ways (pages of the list, the WebSocket,
 * answers to calls) in any order, so of two versions the one that is further along stays.
 */

export const STAGES = ["uploading", "received", "extracted", "classified", "done"];

/** Whether `one` is an older version of the same document than `other`. */
export function isOlder(one, other) {
  const [a, b] = [progress(one), progress(other)];
  const at = a.findIndex((value, index) => value !== b[index]);
  return at !== -1 && a[at] < b[at];
}

/** A retry outranks all of the run before; an end outranks work at the same stage. */
function progress({ run, stage, status }) {
  return [run ?? 1, STAGES.indexOf(stage), status === "working" ? 0 : 1];
}

/** Newest first; ids decide within one instant. */
export function newestFirst(a, b) {
  const order = (b.created ?? "").localeCompare(a.created ?? "");
  return order || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

export class Library {
  #documents = new Map();
  #deleted = new Set();
  #touched = null;
  #changed;

  /** `changed(id)` is called after each change of a document, its deletion included. */
  constructor(changed) {
    this.#changed = changed;
  }

  get(id) {
    return this.#documents.get(id);
  }

  get size() {
    return this.#documents.size;
  }

  /** Takes a version in; false when a later one is known already or the document is deleted. */
  put(document) {
    this.#touched?.add(document.id);
    const known = this.#documents.get(document.id);
    if (this.#deleted.has(document.id) || (known && isOlder(document, known))) return false;
    this.#documents.set(document.id, document);
    this.#changed(document.id);
    return true;
  }

  /** Ids are never used again, so news that overtook the deletion cannot bring it back. */
  remove(id) {
    this.#deleted.add(id);
    if (this.#documents.delete(id)) this.#changed(id);
  }

  /** To be called before a snapshot is fetched: what arrives meanwhile is newer than it. */
  beginSnapshot() {
    this.#touched = new Set();
  }

  /** Takes in the newest documents; known ones missing among them were deleted unseen. */
  endSnapshot(documents, complete) {
    const touched = this.#touched;
    this.#touched = null;
    const present = new Set(documents.map(({ id }) => id));
    const last = documents.at(-1);
    for (const known of [...this.#documents.values()]) {
      const covered = complete || (last && newestFirst(known, last) <= 0);
      if (covered && !present.has(known.id) && !touched.has(known.id)) this.remove(known.id);
    }
    for (const document of documents) this.put(document);
  }

  abandonSnapshot() {
    this.#touched = null;
  }
}
