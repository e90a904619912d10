// Answers in pieces: awslambda.streamifyResponse and its streams.
// https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html

import { Writable } from "node:stream";
import { finished } from "node:stream/promises";

import { ERROR_BODY, ERROR_TYPE, MODE, gathered } from "./api.mjs";

/** Marks a handler that streams. */
export const STREAMS = Symbol.for("aws.lambda.runtime.handler.streaming");
const INTEGRATION = "application/vnd.awslambda.http-integration-response";

/** What a streaming handler writes to; the request begins with its first bytes. */
export class ResponseStream extends Writable {
  constructor(api, id) {
    super({ highWaterMark: 65_536 });
    this.api = api;
    this.id = id;
    this.kind = "application/octet-stream";
    this.prelude = null;
    this.request = null;
    this.answered = null;
  }

  get begun() {
    return this.request !== null;
  }

  setContentType(kind) {
    this.kind = kind;
  }

  begin() {
    this.request = this.api.open("POST", `/invocation/${this.id}/response`, {
      [MODE]: "streaming",
      "Content-Type": this.kind,
      "Transfer-Encoding": "chunked",
      Trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
    });
    this.answered = new Promise((resolve, reject) => {
      this.request.on("error", reject);
      this.request.on("response", (response) => gathered(response).then(resolve, reject));
    });
    this.answered.catch(() => {});
    if (this.prelude !== null) {
      this.request.write(Buffer.concat([Buffer.from(this.prelude), Buffer.alloc(8)]));
    }
  }

  _write(chunk, encoding, done) {
    if (!this.begun) this.begin();
    // The engine reads as fast as the client does: a full pipe holds the handler up.
    if (this.request.write(chunk)) done();
    else this.request.once("drain", done);
  }

  _final(done) {
    if (!this.begun) this.begin();
    this.request.end();
    this.answered.then(() => done(), done);
  }

  /** Wait until the handler has ended the stream and the engine has taken it. */
  async complete() {
    if (!this.writableFinished) await finished(this);
  }

  /** Tell in the trailers why there is no more. */
  async breakOff(document) {
    const body = Buffer.from(JSON.stringify(document)).toString("base64");
    this.request.addTrailers({ [ERROR_TYPE]: String(document.errorType), [ERROR_BODY]: body });
    this.request.end();
    await this.answered;
  }
}

/** The global `awslambda`. */
export function installGlobals() {
  globalThis.awslambda = {
    streamifyResponse(handler, options) {
      handler[STREAMS] = true;
      return handler;
    },
    HttpResponseStream: {
      from(stream, metadata) {
        stream.setContentType(INTEGRATION);
        stream.prelude = JSON.stringify(metadata);
        return stream;
      },
    },
  };
}
