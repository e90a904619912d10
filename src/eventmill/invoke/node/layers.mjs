// ES modules find packages of layers, as they do on Lambda since Node.js 18: `import` knows
// nothing of NODE_PATH by itself. https://nodejs.org/api/module.html#customization-hooks

import fs from "node:fs";
import module from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const BARE = /^[^./#][^:]*$/; // the name of a package, or of something within one

/** Whatever lies beside the node_modules that NODE_PATH names would look into them. */
const places = (process.env.NODE_PATH ?? "")
  .split(path.delimiter)
  .filter((folder) => path.basename(folder) === "node_modules" && fs.existsSync(folder))
  .map((folder) => pathToFileURL(path.join(path.dirname(folder), "x.mjs")).href);

const absent = (error) => error.code === "ERR_MODULE_NOT_FOUND";

/** Where a name leads that leads nowhere by itself. */
export async function resolve(name, context, next) {
  try {
    return await next(name, context);
  } catch (error) {
    if (!absent(error) || !BARE.test(name)) throw error;
    for (const parentURL of places) {
      try {
        return await next(name, { ...context, parentURL });
      } catch (other) {
        if (!absent(other)) throw other;
      }
    }
    throw error;
  }
}

/** From now on, where a function has layers with packages and this Node.js can do so. */
export function lookIntoLayers() {
  if (places.length && module.register) module.register(import.meta.url);
}
