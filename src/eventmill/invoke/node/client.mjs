// The Runtime API's client for Node.js: loads the handler and serves invocations.
//
// It behaves as Lambda's own does towards the handler (ES and CommonJS modules, promises,
// callbacks, streamed answers), towards the API and in the log. It imports nothing of ours but
// the files beside it. https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html

import { errorDocument, invokeError, setRequest, patchConsole } from "./log.mjs";
import { loadHandler } from "./load.mjs";
import { Api } from "./api.mjs";
import { leadSdk } from "./sdk.mjs";
import { ResponseStream, STREAMS, installGlobals } from "./stream.mjs";

const api = new Api(process.env.AWS_LAMBDA_RUNTIME_API);

/** The handler's second argument. */
function contextOf(headers, settle) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const clientContext = headers["lambda-runtime-client-context"];
  const tenantId = headers["lambda-runtime-aws-tenant-id"];
  const identity = headers["lambda-runtime-cognito-identity"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    ...(tenantId && { tenantId }),
    ...(clientContext && { clientContext: JSON.parse(clientContext) }),
    ...(identity && { identity: JSON.parse(identity) }),
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: (error, result) => settle(error, result, true),
    succeed: (result) => settle(null, result, true),
    fail: (error) => settle(error ?? "handled", undefined, true),
  };
}

/** Call a handler that answers in one piece; resolves to its result. */
function callBuffered(handler, event, headers) {
  return new Promise((resolve, reject) => {
    let last = null;
    const finish = ([error, result]) => (error ?? null) === null ? resolve(result) : reject(error);
    const idle = () => finish(last ?? [null, null]);
    const end = (value) => {
      process.removeListener("beforeExit", idle);
      finish(value);
    };
    // What a callback was given is sent once nothing is left to do, unless it is an error or the
    // handler says otherwise: the first that is sent counts, whatever the handler calls afterwards.
    // A handler that neither answers nor waits for anything answers null.
    const settle = (error, result, now) => {
      const given = [error, result];
      last = given;
      const failed = (error ?? null) !== null;
      if (now || failed || !context.callbackWaitsForEmptyEventLoop) setImmediate(() => end(given));
    };
    const context = contextOf(headers, settle);
    process.once("beforeExit", idle);
    try {
      const returned = handler(event, context, (error, result) => settle(error, result, false));
      if (typeof returned?.then === "function") {
        returned.then((result) => end([null, result]), (error) => end([error ?? new Error("null")]));
      }
    } catch (error) {
      end([error]);
    }
  });
}

/** Call a handler that streams; resolves when its answer is complete. */
async function callStreaming(handler, event, headers) {
  const id = headers["lambda-runtime-aws-request-id"];
  const stream = new ResponseStream(api, id);
  try {
    await handler(event, stream, contextOf(headers, () => {}));
    await stream.complete();
  } catch (error) {
    invokeError(error);
    const document = errorDocument(error);
    if (!stream.begun) await api.error(id, document);
    else await stream.breakOff(document);
  }
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await api.next();
    const id = headers["lambda-runtime-aws-request-id"];
    setRequest(id);
    process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
    const event = JSON.parse(body);
    if (event?.RequestType && event.ResponseURL?.startsWith?.("http")) {
      (await import("./answers.mjs")).expectAnswer(event.ResponseURL);
    }
    if (handler[STREAMS]) {
      await callStreaming(handler, event, headers);
      continue;
    }
    try {
      const result = await callBuffered(handler, event, headers);
      await api.response(id, JSON.stringify(result === undefined ? null : result) ?? "null");
    } catch (error) {
      invokeError(error);
      await api.error(id, errorDocument(error));
    }
  }
}

/** An error that nobody caught ends the environment, as on Lambda. */
function dieOf(kind) {
  return (error) => {
    const wrapped = kind
      ? Object.assign(new Error(String(error?.message ?? error)), { name: kind, stack: error?.stack })
      : error;
    invokeError(wrapped, kind ? "Unhandled Promise Rejection" : "Uncaught Exception");
    const id = setRequest.current;
    const told = id ? api.error(id, errorDocument(wrapped)) : api.initError(errorDocument(wrapped));
    told.finally(() => process.exit(128 + 1));
  };
}

patchConsole();
installGlobals();
if (process.env.AWS_ENDPOINT_URL) leadSdk(process.env.AWS_ENDPOINT_URL);
process.on("uncaughtException", dieOf(""));
process.on("unhandledRejection", dieOf("Runtime.UnhandledPromiseRejection"));
let handler;
try {
  handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
} catch (error) {
  invokeError(error, "Uncaught Exception");
  await api.initError(errorDocument(error));
  process.exit(1);
}
await serve(handler);
