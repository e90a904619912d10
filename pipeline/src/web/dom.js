/** Elements and wording. Whatever comes from outside enters the page as a text node. */

/**
 * An element: `properties` are attributes (`data-…`, `aria-…`, `class`), `on<event>` listeners, or
 * true and false for attributes without a value; `children` are nodes or texts, null left out.
 */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Sets a text only when it differs, so that a live region does not speak twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A quiet sentence for those who hear the page. */
export function announce(sentence) {
  setText(byId("announcer"), sentence);
}

export function bytes(size) {
  if (!Number.isFinite(size)) return "";
  const units = ["B", "KB", "MB", "GB"];
  let unit = 0;
  let amount = size;
  for (; amount >= 1024 && unit < units.length - 1; unit += 1) amount /= 1024;
  return `${amount < 10 && unit > 0 ? amount.toFixed(1) : Math.round(amount)} ${units[unit]}`;
}

export function count(amount, one, many = `${one}s`) {
  return `${amount.toLocaleString()} ${amount === 1 ? one : many}`;
}

export function duration(ms) {
  if (!Number.isFinite(ms)) return "";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

/** `<time>` for an ISO-8601 text: the hour for today, the date else; null for no time at all. */
export function time(iso, precise = false) {
  const at = new Date(iso);
  if (!iso || Number.isNaN(at.getTime())) return null;
  const today = at.toDateString() === new Date().toDateString();
  const clock = { hour: "2-digit", minute: "2-digit", ...(precise && { second: "2-digit" }) };
  const day = { day: "numeric", month: "short", year: "numeric" };
  const shown = today ? at.toLocaleTimeString([], clock)
    : precise ? at.toLocaleString([], { ...day, ...clock }) : at.toLocaleDateString([], day);
  return el("time", { datetime: iso, title: at.toLocaleString() }, shown);
}

/** `<time>` of day; the date is in its title. */
export function clock(iso) {
  const shown = time(iso, true);
  if (shown) shown.textContent = new Date(iso).toLocaleTimeString();
  return shown;
}

/** `effective_date` as people write it. */
export function humanized(name) {
  const words = String(name).replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
