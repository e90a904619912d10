// Answers of custom resources. Handlers put them to the host and path of their ResponseURL over
// TLS, and many leave out the port: on AWS it is always 443. The engine's port speaks TLS too.

import https from "node:https";
import { syncBuiltinESMExports } from "node:module";

const request = https.request;
const ports = new Map(); // path of an address → its port

/** Let requests to the address find its port. */
export function expectAnswer(address) {
  const url = new URL(address);
  if (ports.size === 0) {
    https.request = directed;
    syncBuiltinESMExports();
  }
  ports.set(url.pathname, url.port);
}

function directed(target, ...rest) {
  const place = typeof target === "string" ? new URL(target) : target;
  const port = ports.get(place instanceof URL ? place.pathname : place?.path);
  if (port === undefined) return request(target, ...rest);
  if (place instanceof URL) {
    const url = new URL(place);
    url.protocol = "https:";
    url.port = port;
    return request(url, ...rest);
  }
  const host = String(place.hostname ?? place.host).replace(/:\d+$/, "");
  return request({ ...place, protocol: "https:", host, hostname: host, port }, ...rest);
}
