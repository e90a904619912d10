/** Files on their way: a presigned form for each, a few at a time. */

const AT_ONCE = 4;

export class Uploads {
  #api;
  #limits;
  #on;
  #waiting = [];
  #running = new Map();

  /**
   * `limits()` gives `{max_bytes, accept}`, null as long as unknown. `on.changed(item)` hears each
   * step of `{file, state, sent, error, id}`: state `waiting`, `sending`, `sent`, `failed` or
   * `canceled`; `on.abandoned(id)` that the record of a file exists and the file will not come.
   */
  constructor(api, limits, on) {
    this.#api = api;
    this.#limits = limits;
    this.#on = on;
  }

  add(files) {
    for (const file of files) this.retry({ file, state: "waiting", sent: 0, error: null, id: null });
  }

  /** Sends an item, again if it has failed. */
  retry(item) {
    Object.assign(item, { state: "waiting", sent: 0, error: null, id: null });
    const refusal = this.#refusal(item.file);
    if (refusal) {
      this.#end(item, "failed", refusal);
      return;
    }
    this.#waiting.push(item);
    this.#on.changed(item);
    this.#next();
  }

  /** Gives an item up that waits or is being sent. */
  cancel(item) {
    this.#waiting = this.#waiting.filter((other) => other !== item);
    this.#running.get(item)?.abort();
    this.#end(item, "canceled");
  }

  #next() {
    while (this.#running.size < AT_ONCE && this.#waiting.length) {
      const item = this.#waiting.shift();
      const controller = new AbortController();
      this.#running.set(item, controller);
      this.#send(item, controller.signal).finally(() => {
        this.#running.delete(item);
        this.#next();
      });
    }
  }

  async #send(item, signal) {
    item.state = "sending";
    this.#on.changed(item);
    try {
      const { id, upload } = await this.#api.create(item.file.name, item.file.size, signal);
      item.id = id;
      this.#on.changed(item);
      await post(upload, item.file, signal, (share) => {
        item.sent = share;
        this.#on.changed(item);
      });
      this.#end(item, "sent");
    } catch (error) {
      if (item.id) this.#on.abandoned(item.id);
      if (!signal.aborted) this.#end(item, "failed", error.message);
    }
  }

  #end(item, state, error = null) {
    Object.assign(item, { state, error });
    this.#on.changed(item);
  }

  /** What the server would refuse anyway is said at once. */
  #refusal(file) {
    const { max_bytes: most, accept } = this.#limits() ?? {};
    if (file.size === 0) return "The file is empty, or a folder.";
    if (most && file.size > most) {
      return `The file is larger than the ${Math.floor(most / 2 ** 20)} MB that are allowed.`;
    }
    const name = file.name.toLowerCase();
    if (accept?.length && !accept.some((ending) => name.endsWith(ending))) {
      return `Files of this kind are not read. Known are ${accept.join(", ")}.`;
    }
    return null;
  }
}

/** Sends a presigned form: its fields first, the file last, as S3 ignores what follows the file. */
function post({ url, fields }, file, signal, progress) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    signal.addEventListener("abort", () => request.abort());
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new Error(refusalOf(request)));
    };
    request.onerror = () => reject(new Error("The connection broke off during the upload."));
    request.onabort = () => reject(new Error("The upload was stopped."));
    request.open("POST", url);
    request.send(form);
  });
}

/** S3 says what it minds in XML. */
function refusalOf(request) {
  const answer = new DOMParser().parseFromString(request.responseText, "application/xml");
  const reason = answer.querySelector("Error > Message")?.textContent;
  return `The upload was refused: ${reason ?? `status ${request.status}`}`;
}
