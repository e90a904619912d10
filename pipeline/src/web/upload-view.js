/** The files on their way, as rows with their progress. */

import { announce, byId, bytes, count, el, setText } from "./dom.js";

const WORDS = { waiting: "Waiting", sending: "Sending", failed: "Not uploaded" };

export class UploadView {
  #rows = new Map();
  #uploads;

  constructor() {
    byId("uploads-clear").addEventListener("click", () => this.#clearFailed());
  }

  /** `uploads` carries out what the rows' buttons ask for. */
  serve(uploads) {
    this.#uploads = uploads;
  }

  /** Whether files would be lost if the page were left. */
  get busy() {
    return [...this.#rows.keys()].some(({ state }) => state !== "failed");
  }

  update(item) {
    if (item.state === "sent" || item.state === "canceled") this.#drop(item);
    else this.#show(item);
    if (item.state === "failed") announce(`${item.file.name} was not uploaded. ${item.error}`);
    this.#summarize();
  }

  #show(item) {
    if (!this.#rows.has(item)) {
      this.#rows.set(item, this.#row(item));
      byId("upload-list").append(this.#rows.get(item).root);
    }
    const { root, progress, status, error, again, cancel } = this.#rows.get(item);
    const failed = item.state === "failed";
    root.dataset.upload = item.state;
    progress.hidden = failed;
    progress.value = item.sent;
    setText(status, item.state === "sending" ? `${Math.round(item.sent * 100)} %` : WORDS[item.state]);
    setText(error, item.error ?? "");
    again.hidden = !failed;
    setText(cancel.firstChild, failed ? "Dismiss" : "Cancel");
  }

  #row(item) {
    const { name, size } = item.file;
    const row = {
      progress: el("progress", { max: 1, value: 0, "aria-label": `Upload of ${name}` }),
      status: el("span", { class: "quiet upload-status" }),
      error: el("p", { class: "error" }),
      again: el("button", { type: "button", class: "plain", "data-action": "again",
        onclick: () => this.#uploads.retry(item) }, "Try again", unseen(` to upload ${name}`)),
      cancel: el("button", { type: "button", class: "plain", "data-action": "cancel",
        onclick: () => this.#giveUp(item) }, el("span"), unseen(` ${name}`)),
    };
    row.root = el("li", { class: "upload" },
      el("span", { class: "upload-name" }, name, " ", el("span", { class: "quiet" }, bytes(size))),
      row.status, row.progress, row.error,
      el("span", { class: "upload-actions" }, row.again, row.cancel));
    return row;
  }

  #giveUp(item) {
    if (item.state !== "failed") this.#uploads.cancel(item);
    this.#drop(item);
    this.#summarize();
    byId("files").focus();
  }

  #drop(item) {
    this.#rows.get(item)?.root.remove();
    this.#rows.delete(item);
  }

  #clearFailed() {
    for (const item of [...this.#rows.keys()]) if (item.state === "failed") this.#drop(item);
    this.#summarize();
    byId("files").focus();
  }

  #summarize() {
    const states = [...this.#rows.keys()].map(({ state }) => state);
    const amount = (state) => states.filter((other) => other === state).length;
    const parts = [["sending", "sending"], ["waiting", "waiting"], ["failed", "not uploaded"]]
      .filter(([state]) => amount(state))
      .map(([state, word]) => `${amount(state)} ${word}`);
    byId("uploads").hidden = states.length === 0;
    byId("uploads-clear").hidden = amount("failed") < 2;
    setText(byId("uploads-summary"), `${count(states.length, "file")}: ${parts.join(", ")}`);
  }
}

const unseen = (text) => el("span", { class: "unseen" }, text);
