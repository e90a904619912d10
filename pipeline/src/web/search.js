/** The search over all documents; its hits take the list's place while there are words to look for. */

import { byId, count, el, humanized, setText } from "./dom.js";

const PAUSE = 250;
const MOST = 20;

export class Search {
  #api;
  #timer;
  #request;

  constructor(api) {
    this.#api = api;
    const field = byId("search-words");
    field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#run(field.value), field.value.trim() ? PAUSE : 0);
    });
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(this.#timer);
      this.#run(field.value);
    });
  }

  /** Takes a document that was deleted out of the hits. */
  removed(id) {
    this.#link(id)?.closest("li").remove();
  }

  /** Moves the focus to a document's hit; false when none is shown. */
  focus(id) {
    this.#link(id)?.focus();
    return !byId("hits").hidden && Boolean(this.#link(id));
  }

  #link(id) {
    return byId("hit-list").querySelector(`[data-hit-id="${CSS.escape(id)}"] a`);
  }

  async #run(text) {
    const words = text.trim();
    this.#request?.abort();
    this.#request = new AbortController();
    byId("documents").hidden = Boolean(words);
    byId("hits").hidden = !words;
    if (!words) return;
    setText(byId("hits-summary"), "Searching…");
    try {
      this.#show(await this.#api.search(words, MOST, this.#request.signal), words);
    } catch (error) {
      if (error.name === "AbortError") return;
      byId("hit-list").replaceChildren();
      setText(byId("hits-summary"), error.message);
    }
  }

  #show({ hits, total }, words) {
    const shown = hits.length < total ? `, the best ${hits.length} shown` : "";
    setText(byId("hits-summary"), total ? `${count(total, "document")}${shown}` : `Nothing for “${words}”.`);
    byId("hit-list").replaceChildren(...hits.map((hit) => el("li", { class: "hit", "data-hit-id": hit.id },
      el("div", { class: "document-head" },
        el("a", { class: "document-name", href: `#document=${encodeURIComponent(hit.id)}` },
          highlighted(hit.name, words)),
        hit.class ? el("span", { class: "badge" }, humanized(hit.class)) : null),
      el("p", { class: "snippet" }, highlighted(hit.snippet ?? "", words)))));
  }
}

/** `text` with every word marked that begins with one of `words`, whatever its case and accents. */
function highlighted(text, words) {
  const wanted = (words.match(WORD) ?? []).map(folded).filter(Boolean);
  const parts = [];
  let end = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (!wanted.some((start) => folded(word).startsWith(start))) continue;
    parts.push(text.slice(end, index), el("mark", {}, word));
    end = index + word.length;
  }
  return [...parts, text.slice(end)];
}

const WORD = /[\p{L}\p{M}\p{N}'’]+/gu;
const folded = (word) => word.normalize("NFKD").replaceAll(/[\p{M}'’]/gu, "").toLowerCase().replaceAll("ß", "ss");
