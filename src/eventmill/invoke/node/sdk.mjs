// Version 2 of the AWS SDK for JavaScript does not read AWS_ENDPOINT_URL. Its settings begin with
// the engine's address here, or calls would leave the machine; what a function sets itself holds.
// https://docs.aws.amazon.com/AWSJavaScriptSDK/latest/AWS/Config.html

import Module from "node:module";

const load = Module._load;
const CORE = /(^|\/)core$/; // as all of the package's own modules ask for it

/** Let version 2, wherever it is loaded from, find the engine. */
export function leadSdk(endpoint) {
  Module._load = function (request, ...rest) {
    const loaded = load.call(this, request, ...rest);
    // Asking a module that is still loading for what it has not yet would print a warning.
    const whole = CORE.test(request) && loaded != null && Object.hasOwn(loaded, "Config");
    const settings = whole ? loaded.Config.prototype?.keys : undefined;
    if (settings && "s3ForcePathStyle" in settings && settings.endpoint === undefined) {
      settings.endpoint = endpoint;
      settings.s3ForcePathStyle = true; // no bucket's name can stand before an address of numbers
      loaded.config?.update({ endpoint, s3ForcePathStyle: true });
    }
    return loaded;
  };
}
