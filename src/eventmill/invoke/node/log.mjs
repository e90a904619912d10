// The console as Lambda writes it, as text or as JSON with levels.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html

import util from "node:util";

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const JSON_FORMAT = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const LEAST = JSON_FORMAT ? LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL ?? "INFO") : 0;
const METHODS = {
  trace: "TRACE",
  debug: "DEBUG",
  log: "INFO",
  info: "INFO",
  warn: "WARN",
  error: "ERROR",
};

/** From now on lines carry this request's id. */
export function setRequest(id) {
  setRequest.current = id;
}

function write(level, text) {
  // One event is one line on the way to the log.
  process.stdout.write(text.replace(/\n/g, "\r") + "\n");
}

function asText(level, args) {
  const stamp = new Date().toISOString();
  write(level, `${stamp}\t${setRequest.current}\t${level}\t${util.format(...args)}`);
}

function asJson(level, args) {
  const record = { timestamp: new Date().toISOString(), level, requestId: setRequest.current };
  if (args.length === 1 && typeof args[0] === "object" && !(args[0] instanceof Error)) {
    record.message = args[0];
  } else {
    record.message = util.format(...args);
    const error = args.find((arg) => arg instanceof Error);
    if (error) {
      record.errorType = error.name;
      record.errorMessage = error.message;
      record.stackTrace = (error.stack ?? "").split("\n");
    }
  }
  process.stdout.write(JSON.stringify(record) + "\n");
}

/** Have console's methods write in Lambda's form. */
export function patchConsole() {
  const emit = JSON_FORMAT ? asJson : asText;
  for (const [method, level] of Object.entries(METHODS)) {
    const wanted = LEVELS.indexOf(level) >= LEAST;
    console[method] = wanted ? (...args) => emit(level, args) : () => {};
  }
}

/** The error as the Runtime API and callers get it. */
export function errorDocument(error) {
  if (error instanceof Error) {
    return {
      errorType: error.name || "Error",
      errorMessage: error.message,
      trace: (error.stack ?? "").split("\n"),
    };
  }
  return { errorType: typeof error, errorMessage: util.format(error), trace: [] };
}

/** The log's line for an error that ended an invocation. */
export function invokeError(error, title = "Invoke Error") {
  const { errorType, errorMessage, trace } = errorDocument(error);
  if (JSON_FORMAT) {
    const record = { timestamp: new Date().toISOString(), level: "ERROR" };
    Object.assign(record, { requestId: setRequest.current });
    record.message = { errorType, errorMessage, stackTrace: trace };
    process.stdout.write(JSON.stringify(record) + "\n");
    return;
  }
  const shown = JSON.stringify({ errorType, errorMessage, stack: trace });
  asText("ERROR", [`${title} \t${shown}`]);
}
