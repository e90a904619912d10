/** All that a signed-in person sees, joined together. */

import { Detail } from "./detail.js";
import { announce, byId, bytes, setText } from "./dom.js";
import { Library } from "./library.js";
import { DocumentList } from "./list.js";
import { Live } from "./live.js";
import { Search } from "./search.js";
import { decoded } from "./session.js";
import { UploadView } from "./upload-view.js";
import { Uploads } from "./upload.js";

const PAGE = 50;
const CONNECTION = { connecting: "Connecting", live: "Live", offline: "Offline, reconnecting" };

export class Desk {
  #api;
  #token;
  #config = null;
  #next = null;
  #refreshing = false;
  #refreshAgain = false;
  #sending = new Set();
  #library = new Library((id) => this.#changed(id));
  #list = new DocumentList(this.#library, this.#sending);
  #uploadView = new UploadView();
  #uploads;
  #search;
  #detail;
  #live;

  constructor(api, token) {
    this.#api = api;
    this.#token = token;
    this.#search = new Search(api);
    this.#detail = new Detail(api, this.#library, () => this.#closeDetail());
    this.#uploads = new Uploads(api, () => this.#config, {
      changed: (item) => this.#uploadChanged(item),
      abandoned: (id) => api.remove(id).then(() => this.#library.remove(id), () => {}),
    });
    this.#uploadView.serve(this.#uploads);
    this.#live = new Live(() => this.#socketAddress(), {
      state: (state) => this.#showConnection(state),
      subscribed: () => this.#refresh(),
      message: (message) => this.#receive(message),
    });
  }

  /** Whether leaving the page now would lose files. */
  get busy() {
    return this.#uploadView.busy;
  }

  start() {
    this.#acceptFiles();
    byId("more").addEventListener("click", () => this.#loadMore());
    addEventListener("hashchange", () => this.#route());
    this.#route();
    this.#refresh();
    this.#live.start();
  }

  async #socketAddress() {
    this.#config = await this.#api.config();
    const { websocket, max_bytes: most, accept } = this.#config;
    byId("files").accept = (accept ?? []).join(",");
    setText(byId("drop-hint"), `Drop files here, up to ${bytes(most)} each.`);
    byId("drop-hint").title = (accept ?? []).join(" ");
    return `${websocket}?token=${encodeURIComponent(this.#token)}`;
  }

  #showConnection(state) {
    byId("connection").dataset.connection = state;
    setText(byId("connection"), CONNECTION[state]);
  }

  #receive({ type, document: record, id }) {
    if (type === "document") this.#library.put(record);
    else if (type === "deleted") this.#library.remove(id);
  }

  #changed(id) {
    this.#list.changed(id);
    const record = this.#library.get(id);
    if (!record) this.#search.removed(id);
    if (id !== this.#detail.id) return;
    if (record) {
      this.#detail.changed();
      return;
    }
    this.#closeDetail();
    announce("The document was deleted.");
  }

  /** Fetches as much of the list as is shown, from the newest on. */
  async #refresh() {
    if (this.#refreshing) {
      this.#refreshAgain = true;
      return;
    }
    this.#refreshing = true;
    this.#refreshAgain = false;
    try {
      await this.#takeSnapshot();
      this.#complain("");
    } catch (error) {
      this.#library.abandonSnapshot();
      this.#complain(error.message);
    }
    this.#refreshing = false;
    if (this.#refreshAgain) this.#refresh();
  }

  async #takeSnapshot() {
    const wanted = Math.max(PAGE, this.#library.size);
    const found = [];
    let next = null;
    this.#library.beginSnapshot();
    do {
      const page = await this.#api.list(PAGE, next);
      found.push(...page.documents);
      next = page.next;
    } while (next && found.length < wanted);
    this.#library.endSnapshot(found, !next);
    this.#showNext(next);
    this.#list.summarize();
  }

  async #loadMore() {
    const button = byId("more");
    button.disabled = true;
    try {
      const { documents, next } = await this.#api.list(PAGE, this.#next);
      for (const record of documents) this.#library.put(record);
      this.#showNext(next);
      announce(`${documents.length} more documents shown.`);
      if (documents.length) requestAnimationFrame(() => this.#list.focus(documents[0].id));
    } catch (error) {
      this.#complain(error.message);
    }
    button.disabled = false;
  }

  #showNext(next) {
    this.#next = next;
    byId("more").hidden = !next;
  }

  #complain(sentence) {
    byId("list-error").hidden = !sentence;
    setText(byId("list-error"), sentence);
  }

  #uploadChanged(item) {
    this.#uploadView.update(item);
    if (!item.id) return;
    const sending = item.state === "sending";
    if (sending === this.#sending.has(item.id)) return;
    if (sending) this.#sending.add(item.id);
    else this.#sending.delete(item.id);
    this.#list.changed(item.id);
    const live = byId("connection").dataset.connection === "live";
    if (item.state === "sent" && !live) this.#refresh();
  }

  /** The whole page takes files, so that one dropped beside the zone does not replace the page. */
  #acceptFiles() {
    const field = byId("files");
    field.addEventListener("change", () => {
      this.#uploads.add([...field.files]);
      field.value = "";
    });
    const over = (inside) => byId("drop").classList.toggle("over", inside);
    addEventListener("dragover", (event) => {
      event.preventDefault();
      over(event.dataTransfer.types.includes("Files"));
    });
    addEventListener("dragleave", (event) => over(Boolean(event.relatedTarget)));
    addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      this.#uploads.add([...event.dataTransfer.files]);
    });
  }

  /** The open document is part of the address, so that Back and links work. */
  #route() {
    const [, id] = /^#document=(.+)$/.exec(location.hash) ?? [];
    const before = this.#detail.id;
    if (id) this.#detail.open(decoded(id));
    else this.#detail.hide();
    this.#list.select(this.#detail.id);
    if (!id && before && !this.#search.focus(before)) this.#list.focus(before);
  }

  #closeDetail() {
    history.pushState(null, "", location.pathname + location.search);
    this.#route();
  }
}
