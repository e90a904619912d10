/** The HTTP API, at addresses relative to the page's own. */

/** An answer that is not a success, or none at all (`status` 0); its message is for people. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Api {
  #token;
  #refused;

  /** `refused` is called when the API no longer accepts `token`. */
  constructor(token = null, refused = () => {}) {
    this.#token = token;
    this.#refused = refused;
  }

  signIn(credentials) {
    return this.#call("POST", "session", { body: credentials });
  }

  config(signal) {
    return this.#call("GET", "config", { signal });
  }

  create(name, size, signal) {
    return this.#call("POST", "documents", { body: { name, size }, signal });
  }

  list(limit, after) {
    const query = new URLSearchParams({ limit, ...(after && { after }) });
    return this.#call("GET", `documents?${query}`);
  }

  document(id) {
    return this.#call("GET", path(id));
  }

  audit(id) {
    return this.#call("GET", `${path(id)}/audit`);
  }

  original(id) {
    return this.#call("GET", `${path(id)}/original`);
  }

  retry(id) {
    return this.#call("POST", `${path(id)}/retry`);
  }

  remove(id) {
    return this.#call("DELETE", path(id));
  }

  search(words, limit, signal) {
    return this.#call("GET", `search?${new URLSearchParams({ q: words, limit })}`, { signal });
  }

  async #call(method, address, { body, signal } = {}) {
    const headers = {};
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    if (body) headers["Content-Type"] = "application/json";
    const options = { method, headers, signal, cache: "no-store", body: body && JSON.stringify(body) };
    let response;
    let text;
    try {
      response = await fetch(address, options);
      text = await response.text();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError(0, "The server cannot be reached.");
    }
    if (response.ok) return text ? JSON.parse(text) : null;
    if (response.status === 401 && this.#token) this.#refused();
    throw new ApiError(response.status, message(text) ?? `The server answered ${response.status}.`);
  }
}

const path = (id) => `documents/${encodeURIComponent(id)}`;

function message(text) {
  try {
    return JSON.parse(text).message ?? null;
  } catch {
    return null;
  }
}
