/** One document in full, kept up to date while it is open. */

import { ApiError } from "./api.js";
import { byId, el, setText } from "./dom.js";
import { isOlder } from "./library.js";
import { badgeText } from "./list.js";
import { auditTrail, facts, fields, reason, textPages } from "./sections.js";
import { stepLine } from "./steps.js";

/** What trying a document again is called, by its status. */
const AGAIN = { failed: "Retry", duplicate: "Read this copy" };

export class Detail {
  #api;
  #library;
  #close;
  #id = null;
  #full = null;
  #parts = null;
  #loading = null;
  #again = false;
  #unloaded = false;

  /** `close` is called when the reader, or the document's end, closes it. */
  constructor(api, library, close) {
    this.#api = api;
    this.#library = library;
    this.#close = close;
    byId("detail").addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
  }

  get id() {
    return this.#id;
  }

  open(id) {
    if (id === this.#id) return;
    this.#id = id;
    this.#full = null;
    this.#unloaded = false;
    this.#parts = this.#build();
    const root = byId("detail");
    root.dataset.openId = id;
    root.hidden = false;
    root.scrollTop = 0;
    byId("panes").dataset.open = "true";
    this.#showRecord();
    this.#parts.heading.focus();
    this.#load();
  }

  hide() {
    this.#id = null;
    byId("detail").hidden = true;
    byId("detail").replaceChildren();
    delete byId("panes").dataset.open;
  }

  /** Shows what the library knows of it now, then the rest. */
  changed() {
    this.#showRecord();
    this.#load();
  }

  /** Fetches it anew; calls that come during a fetch make one more after it. */
  #load() {
    if (this.#loading === this.#id) {
      this.#again = true;
      return;
    }
    this.#fetch(this.#id);
  }

  async #fetch(id) {
    this.#loading = id;
    this.#again = false;
    try {
      const [full, audit] = await Promise.all([this.#api.document(id), this.#api.audit(id)]);
      if (this.#id !== id) return;
      this.#full = full;
      const known = this.#library.get(id);
      if (!known || isOlder(known, full)) this.#library.put(full);
      this.#showRecord();
      this.#showContents(full, audit.entries);
      // What an action said stays: only a failure of the loading itself is over.
      if (this.#unloaded) this.#say("");
      this.#unloaded = false;
    } catch (error) {
      if (this.#id !== id) return;
      this.#unloaded = true;
      this.#say(error.status === 404 ? "This document is not there." : error.message);
    } finally {
      if (this.#loading === id) this.#loading = null;
      if (this.#again && this.#id === id) this.#fetch(id);
    }
  }

  #build() {
    const action = (name, label, run, kind = "button") => el("button",
      { type: "button", class: kind, "data-action": name, onclick: () => this.#act(run) }, label);
    const parts = {
      heading: el("h2", { id: "detail-heading", tabindex: -1 }, "Document"),
      badge: el("span", { class: "badge" }),
      error: el("p", { class: "notice error", role: "alert", hidden: true }),
      retry: action("retry", "Retry", () => this.#retry(), "button primary"),
      reason: el("div"), steps: el("div"), thumbnail: el("div", { class: "thumbnail" }),
      facts: el("div"), fields: el("div"), text: el("div"), audit: el("div"),
    };
    parts.retry.hidden = true;
    byId("detail").replaceChildren(
      el("div", { class: "detail-head" }, el("div", { class: "detail-title" }, parts.heading, parts.badge),
        el("button", { type: "button", class: "close", "data-action": "close", "aria-label": "Close",
          onclick: () => this.#close() }, "×")),
      el("div", { class: "actions" }, parts.retry,
        action("original", "Open original", () => this.#openOriginal()),
        action("delete", "Delete", () => this.#remove(), "button danger quiet-danger")),
      parts.error, parts.reason, parts.steps,
      el("div", { class: "overview" }, parts.thumbnail, parts.facts),
      parts.fields, parts.text, parts.audit);
    return parts;
  }

  /** What the list knows as well: shown at once, before the rest has come. */
  #showRecord() {
    const known = this.#library.get(this.#id);
    const record = known && this.#full && !isOlder(known, this.#full) ? known : this.#full ?? known;
    if (!record) return;
    const { heading, badge, retry } = this.#parts;
    Object.assign(byId("detail").dataset, { status: record.status, stage: record.stage });
    setText(heading, record.name);
    setText(badge, badgeText(record));
    retry.hidden = !(record.status in AGAIN);
    setText(retry, AGAIN[record.status] ?? "");
    this.#section("reason", record, reason);
    this.#section("steps", record, (value) => [stepLine(value, true)]);
    this.#section("facts", record, facts);
  }

  #showContents(full, entries) {
    this.#section("thumbnail", full.thumbnail && full.sha256, () => picture(full));
    this.#section("fields", full.fields, fields);
    this.#section("text", full.text, textPages);
    this.#section("audit", entries, auditTrail);
  }

  /** Builds a part anew only if what it shows has changed, so that reading is not disturbed. */
  #section(name, value, build) {
    const part = this.#parts[name];
    const shown = JSON.stringify(value ?? null);
    if (part.shown === shown) return;
    part.shown = shown;
    part.replaceChildren(...build(value));
  }

  async #act(run) {
    this.#say("");
    const id = this.#id;
    try {
      await run();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.#id === id) this.#say(error.message);
    }
  }

  async #retry() {
    const id = this.#id;
    this.#parts.retry.disabled = true;
    try {
      this.#library.put(await this.#api.retry(id));
    } finally {
      if (this.#id === id) this.#parts.retry.disabled = false;
    }
    if (this.#id === id) this.#parts.heading.focus();
  }

  /** Without an opener: what the file holds must not reach this page. */
  async #openOriginal() {
    const { url } = await this.#api.original(this.#id);
    window.open(url, "_blank", "noopener,noreferrer");
  }

  async #remove() {
    const id = this.#id;
    if (!await confirmed(this.#parts.heading.textContent)) return;
    await this.#api.remove(id);
    this.#library.remove(id);
  }

  #say(sentence) {
    this.#parts.error.hidden = !sentence;
    setText(this.#parts.error, sentence);
  }
}

/** A picture that cannot be had is left out. */
function picture({ thumbnail, name }) {
  if (!thumbnail) return [];
  const image = el("img", { alt: `First page of ${name}`, onerror: () => image.remove() });
  image.src = thumbnail;
  return [image];
}

/** Asks before a document is deleted. */
function confirmed(name) {
  const dialog = byId("confirm");
  setText(byId("confirm-text"), `“${name}”, its text and its history are removed for good.`);
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "delete"), { once: true });
  });
}
