// Calls of the Runtime API over one kept connection.

import http from "node:http";

const BASE = "/2018-06-01/runtime";
export const MODE = "Lambda-Runtime-Function-Response-Mode";
export const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
export const ERROR_BODY = "Lambda-Runtime-Function-Error-Body";

export class Api {
  constructor(address) {
    const [host, port] = address.split(":");
    this.options = { host, port, agent: new http.Agent({ keepAlive: true, maxSockets: 1 }) };
  }

  /** A request whose body the caller writes. */
  open(method, path, headers = {}) {
    return http.request({ ...this.options, method, path: BASE + path, headers });
  }

  /** One whole call; resolves to {headers, body}. */
  call(method, path, body, headers = {}) {
    return new Promise((resolve, reject) => {
      const data = Buffer.from(body ?? "");
      const request = this.open(method, path, { ...headers, "Content-Length": data.length });
      request.on("error", reject);
      request.on("response", (response) => gathered(response).then(resolve, reject));
      request.end(data);
    });
  }

  next() {
    return this.call("GET", "/invocation/next");
  }

  response(id, body) {
    return this.call("POST", `/invocation/${id}/response`, body, {
      "Content-Type": "application/json",
    });
  }

  error(id, document) {
    const kind = { [ERROR_TYPE]: String(document.errorType) };
    return this.call("POST", `/invocation/${id}/error`, JSON.stringify(document), kind);
  }

  initError(document) {
    const kind = { [ERROR_TYPE]: String(document.errorType) };
    return this.call("POST", "/init/error", JSON.stringify(document), kind);
  }
}

/** The whole of an answer. */
export async function gathered(response) {
  const pieces = [];
  for await (const piece of response) pieces.push(piece);
  return { headers: response.headers, body: Buffer.concat(pieces).toString() };
}
