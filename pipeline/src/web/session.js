/** Who is signed in: a token of this tab alone, kept until it expires or its owner signs out. */

const SLOT = `session:${location.pathname}`;
/** Timers wrap around beyond it, to either side. */
const LONGEST_TIMER = 2 ** 31 - 1;

let expiry;

/** The session `{token, expires, tenant}`, or null when there is none that still holds. */
export function current() {
  const kept = sessionStorage.getItem(SLOT);
  if (!kept) return null;
  const session = JSON.parse(kept);
  return remaining(session) > 0 ? session : null;
}

export function keep(session) {
  sessionStorage.setItem(SLOT, JSON.stringify(session));
}

export function forget() {
  clearTimeout(expiry);
  sessionStorage.removeItem(SLOT);
}

/** Calls `expired` when the session's time is over. */
export function watchExpiry(session, expired) {
  clearTimeout(expiry);
  const left = remaining(session);
  expiry = left > LONGEST_TIMER
    ? setTimeout(() => watchExpiry(session, expired), LONGEST_TIMER)
    : setTimeout(expired, Math.max(0, left));
}

/** Takes `#key=…&tenant=…` out of the address, history included: `{key, tenant?}` or null. */
export function takeKey() {
  const parts = new Map(location.hash.slice(1).split("&").map((part) => {
    const [name, ...value] = part.split("=");
    return [name, value.join("=")];
  }));
  if (!parts.get("key")) return null;
  history.replaceState(null, "", location.pathname + location.search);
  const tenant = decoded(parts.get("tenant"));
  return { key: decoded(parts.get("key")), ...(tenant && { tenant }) };
}

/** A plus sign stays one, as keys may hold it; a stray percent sign does not stop the page. */
export function decoded(text) {
  try {
    return decodeURIComponent(text ?? "");
  } catch {
    return text;
  }
}

function remaining({ expires }) {
  const end = Date.parse(expires);
  return Number.isNaN(end) ? Infinity : end - Date.now();
}
