/** The list of documents, newest first, each row kept up to date in its place. */

import { announce, byId, bytes, count, el, humanized, setText, time } from "./dom.js";
import { newestFirst } from "./library.js";
import { reasonText, statusText, stepLine } from "./steps.js";

export class DocumentList {
  #library;
  #hidden;
  #rows = new Map();
  #dirty = new Set();
  #selected = null;

  /** Documents whose id `hidden` holds are shown elsewhere. */
  constructor(library, hidden) {
    this.#library = library;
    this.#hidden = hidden;
  }

  /** Shows the present version of a document with the next frame, however often it changed. */
  changed(id) {
    if (this.#dirty.size === 0) requestAnimationFrame(() => this.#flush());
    this.#dirty.add(id);
  }

  select(id) {
    this.#rows.get(this.#selected)?.link.removeAttribute("aria-current");
    this.#rows.get(id)?.link.setAttribute("aria-current", "true");
    this.#selected = id;
  }

  /** Moves the focus to a document's row, or to the list when it has none. */
  focus(id) {
    (this.#rows.get(id)?.link ?? byId("list-heading")).focus();
  }

  #flush() {
    for (const id of this.#dirty) {
      const record = this.#library.get(id);
      if (!record || this.#hidden.has(id)) this.#drop(id);
      else this.#show(record);
    }
    this.#dirty.clear();
    this.summarize();
  }

  summarize() {
    const working = [...this.#rows.values()].filter(({ record }) => record.status === "working").length;
    const shown = this.#rows.size;
    byId("list-empty").hidden = shown > 0 || this.#hidden.size > 0;
    setText(byId("list-summary"),
      shown ? `${count(shown, "document")} shown${working ? `, ${working} in progress` : ""}` : "");
  }

  #show(record) {
    let row = this.#rows.get(record.id);
    if (!row) {
      row = newRow(record);
      if (record.id === this.#selected) row.link.setAttribute("aria-current", "true");
      byId("document-list").insertBefore(row.root, this.#place(record));
      this.#rows.set(record.id, row);
    } else if (row.record.status === "working" && record.status !== "working") {
      announce(`${record.name}: ${statusText(record)}`);
    }
    fill(row, record);
  }

  /** The row that `record` comes before; most are new and come first. */
  #place(record) {
    for (const root of byId("document-list").children) {
      const other = this.#rows.get(root.dataset.documentId).record;
      if (newestFirst(record, other) < 0) return root;
    }
    return null;
  }

  #drop(id) {
    const row = this.#rows.get(id);
    if (!row) return;
    const focused = row.root.contains(document.activeElement);
    row.root.remove();
    this.#rows.delete(id);
    if (focused) byId("list-heading").focus();
  }
}

function newRow(record) {
  const row = {
    record,
    link: el("a", { class: "document-name", href: `#document=${encodeURIComponent(record.id)}` }),
    badge: el("span", { class: "badge" }),
    facts: el("p", { class: "quiet facts" }),
    steps: el("div"),
    reason: el("p", { class: "reason" }),
  };
  row.root = el("li", { class: "document", "data-document-id": record.id },
    el("div", { class: "document-head" }, row.link, row.badge), row.facts, row.steps, row.reason);
  return row;
}

function fill(row, record) {
  row.record = record;
  Object.assign(row.root.dataset, { status: record.status, stage: record.stage, run: record.run ?? 1 });
  setText(row.link, record.name);
  setText(row.badge, badgeText(record));
  row.facts.replaceChildren(...facts(record));
  row.steps.replaceChildren(stepLine(record));
  setText(row.reason, reasonText(record) ?? "");
}

/** What a document is, once that is known; else how far it is. */
export function badgeText(record) {
  return record.status === "done" && record.class ? humanized(record.class) : statusText(record);
}

function facts({ kind, size, pages, created, run }) {
  const parts = [
    kind?.toUpperCase(), bytes(size), pages ? count(pages, "page") : null,
    run > 1 ? `run ${run}` : null, time(created),
  ].filter(Boolean);
  return parts.flatMap((part, index) => (index ? [" · ", part] : [part]));
}
