/** The WebSocket: subscribed to all documents for as long as the page is open. */

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
const PING_EVERY = 45_000;
const PONG_WITHIN = 10_000;

export class Live {
  #address;
  #on;
  #socket = null;
  #timer;
  #heartbeat;
  #pong;
  #failures = 0;

  /**
   * `address` is asked anew for each connection, so that a session which has ended shows there.
   * `on.state` hears `connecting`, `live` or `offline`; `on.subscribed` that from here on nothing
   * is missed; `on.message` each message.
   */
  constructor(address, on) {
    this.#address = address;
    this.#on = on;
  }

  start() {
    addEventListener("online", () => this.#reconnectNow());
    document.addEventListener("visibilitychange", () => this.#reconnectNow());
    this.#connect();
  }

  async #connect() {
    this.#timer = undefined;
    this.#on.state("connecting");
    let socket;
    try {
      socket = new WebSocket(await this.#address());
    } catch {
      this.#later();
      return;
    }
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ action: "subscribe", document: "*" }));
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => this.#lost();
    this.#expectWithin(PONG_WITHIN);
  }

  #receive(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    clearTimeout(this.#pong);
    if (message.type === "subscribed") {
      this.#failures = 0;
      this.#heartbeat ??= setInterval(() => this.#ping(), PING_EVERY);
      this.#on.state("live");
      this.#on.subscribed();
    } else if (message.type !== "pong") {
      this.#on.message(message);
    }
  }

  /** Shows a connection that died without a word, and keeps an idle one from being closed. */
  #ping() {
    this.#socket.send(JSON.stringify({ action: "ping" }));
    this.#expectWithin(PONG_WITHIN);
  }

  #expectWithin(ms) {
    clearTimeout(this.#pong);
    this.#pong = setTimeout(() => this.#lost(), ms);
  }

  #lost() {
    this.#drop();
    this.#later();
  }

  #drop() {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#pong);
    this.#heartbeat = undefined;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** Doubles the pause with each failure; half of it is chance, so that pages do not come all at once. */
  #later() {
    this.#on.state("offline");
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#timer = setTimeout(() => this.#connect(), pause * (0.5 + Math.random() / 2));
  }

  #reconnectNow() {
    if (this.#timer === undefined || document.hidden) return;
    clearTimeout(this.#timer);
    this.#connect();
  }
}
