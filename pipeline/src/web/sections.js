/** The parts of an open document; each gives the nodes that show a value. */

import { bytes, count, el, humanized, time } from "./dom.js";
import { STAGE_NAMES, reasonText } from "./steps.js";

export function reason(record) {
  const text = reasonText(record);
  if (!text) return [];
  const at = STAGE_NAMES[record.reason?.stage];
  const twin = record.duplicate_of;
  return [el("p", { class: "notice", "data-reason": record.reason?.code ?? record.status },
    at && record.status === "failed" ? el("strong", {}, `Did not reach “${at}”: `) : null,
    text, twin ? [" ", el("a", { href: `#document=${encodeURIComponent(twin)}` }, "Open it")] : null)];
}

export function facts(record) {
  const sure = Number.isFinite(record.confidence) ? ` (${Math.round(record.confidence * 100)} % sure)` : "";
  const rows = [
    ["Class", record.class && humanized(record.class) + sure],
    ["Kind", record.kind?.toUpperCase()],
    ["Size", bytes(record.size)],
    ["Pages", record.pages?.toLocaleString()],
    ["Characters", record.characters?.toLocaleString()],
    ["Language", record.language && languageName(record.language)],
    ["Added", time(record.created)],
    ["Run", record.run > 1 ? String(record.run) : null],
    ["SHA-256", record.sha256 && el("code", { title: record.sha256 }, `${record.sha256.slice(0, 12)}…`)],
  ];
  return [el("dl", { class: "pairs" }, pairs(rows))];
}

export function fields(values) {
  const rows = Object.entries(values ?? {}).map(([name, value]) => [humanized(name), shown(value), name]);
  return rows.length ? [el("h3", {}, "Fields"), el("dl", { class: "pairs fields" }, pairs(rows))] : [];
}

export function textPages(text) {
  if (!text) return [];
  const pages = text.pages.map(({ number, text: words }) => el("section",
    { class: "page", "data-page": number, "aria-label": `Page ${number}` },
    el("h4", { class: "quiet" }, `Page ${number}`),
    el("p", { class: "page-text" }, words || el("em", { class: "quiet" }, "No text on this page."))));
  return [
    el("h3", {}, "Text ", el("span", { class: "quiet" }, count(text.pages.length, "page"))),
    el("div", { class: "pages", tabindex: 0, role: "group", "aria-label": "Text of the document" }, pages),
    text.truncated ? el("p", { class: "quiet" }, "Only the beginning of the text is shown.") : null,
  ].filter(Boolean);
}

export function auditTrail(entries) {
  if (!entries.length) return [];
  return [el("h3", {}, "Audit trail"), el("ol", { class: "audit" }, entries.map((entry) => el("li",
    { "data-audit": entry.event },
    el("span", { class: "audit-at quiet" }, time(entry.at, true)),
    el("div", {}, el("strong", {}, humanized(entry.event)),
      el("span", { class: "quiet" }, [STAGE_NAMES[entry.stage] ?? entry.stage, entry.status,
        entry.run > 1 ? `run ${entry.run}` : null].filter(Boolean).map((part) => ` · ${part}`).join("")),
      entry.changes?.length ? el("div", { class: "quiet changes" }, shown(entry.changes)) : null))))];
}

/** Rows `[label, value, name?]` as terms and descriptions; rows without a value are left out. */
function pairs(rows) {
  return rows.filter(([, value]) => value).map(([label, value, name]) => el("div",
    { "data-field": name }, el("dt", {}, label), el("dd", {}, value)));
}

/** Any JSON value for people: lists as lists, objects as pairs. */
function shown(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object")) return value.join(", ") || "–";
    return el("ul", {}, value.map((item) => el("li", {}, shown(item))));
  }
  if (typeof value === "object") {
    return el("dl", { class: "inner" },
      pairs(Object.entries(value).map(([name, inner]) => [humanized(name), shown(inner)])));
  }
  return String(value);
}

function languageName(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
