// Finding the handler that `folder/file.export` names.

import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { lookIntoLayers } from "./layers.mjs";

const NAME = /^(.*?[^/.][^/]*?)\.(.+)$/;

function failure(name, message, cause) {
  const error = new Error(message);
  error.name = name;
  if (cause?.stack) error.stack = cause.stack;
  return error;
}

/** The function. Throws Runtime.ImportModuleError and its like, as Lambda names them. */
export async function loadHandler(root, text) {
  const folder = path.dirname(text) === "." ? "" : path.dirname(text);
  const found = NAME.exec(path.basename(text));
  if (!found) throw failure("Runtime.MalformedHandlerName", "Bad handler");
  const [, file, names] = found;
  const module = await load(path.resolve(root, folder, file));
  let handler = names.split(".").reduce((held, name) => held?.[name], module);
  handler ??= names.split(".").reduce((held, name) => held?.[name], module?.default);
  if (handler === undefined) {
    throw failure("Runtime.HandlerNotFound", `${text} is undefined or not exported`);
  }
  if (typeof handler !== "function") {
    throw failure("Runtime.HandlerNotFound", `${text} is not a function`);
  }
  return handler;
}

async function load(base) {
  try {
    for (const ending of ["", ".js", ".mjs", ".cjs"]) {
      const file = base + ending;
      if (!fs.existsSync(file) || !fs.statSync(file).isFile()) continue;
      if (ending === ".mjs" || (ending === ".js" && isModule(file))) {
        lookIntoLayers();
        return await import(pathToFileURL(file).href);
      }
      return createRequire(file)(file);
    }
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw failure("Runtime.UserCodeSyntaxError", String(error), error);
    }
    if (["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error?.code)) {
      throw failure("Runtime.ImportModuleError", explained(error), error);
    }
    throw error;
  }
  const name = path.basename(base);
  throw failure("Runtime.ImportModuleError", `Error: Cannot find module '${name}'`);
}

/** The nearest package.json decides about .js files. */
function isModule(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const place = path.join(folder, "package.json");
    if (fs.existsSync(place)) return JSON.parse(fs.readFileSync(place, "utf8")).type === "module";
    if (folder === path.dirname(folder)) return false;
  }
}

function explained(error) {
  const hint = /'@?aws-sdk/.test(error.message)
    ? "\nLambda brings the AWS SDK along; here it must be among the function's own dependencies."
    : "";
  return `Error: ${error.message}${hint}`;
}
