// ES module handlers: promises, the console, streams.
import { setTimeout as sleep } from "node:timers/promises";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";

await sleep(1);

export const handler = async (event, context) => {
  if (event.act === "reject") throw new Error("rejected");
  if (event.act === "exit") process.exit(3);
  if (event.act === "sleep") await sleep(30_000);
  console.log("got %s\nand more", event.n, { a: 1 });
  console.error(new Error("shown"));
  return {
    n: event.n,
    id: context.awsRequestId,
    left: context.getRemainingTimeInMillis(),
    arn: context.invokedFunctionArn,
    memory: context.memoryLimitInMB,
    environment: process.env.AWS_EXECUTION_ENV,
    trace: process.env._X_AMZN_TRACE_ID,
  };
};

export const logs = async () => {
  console.info("hidden");
  console.warn({ shown: true });
  console.error("bad", new TypeError("really"));
};

export const streams = awslambda.streamifyResponse(async (event, stream) => {
  const asked = event.queryStringParameters ?? event;
  if (event.requestContext) {
    const metadata = { statusCode: 203, headers: { "content-type": "text/plain", "x-a": "1" } };
    stream = awslambda.HttpResponseStream.from(stream, metadata);
  }
  if (asked.early) throw new Error("before anything");
  if (asked.size) {
    const piece = Buffer.alloc(Number(asked.size), "x");
    await pipeline(Readable.from(Array(Number(asked.count)).fill(piece)), stream);
    return;
  }
  for (const part of ["one ", "two ", "three"]) {
    stream.write(part);
    await sleep(Number(asked.wait ?? 0));
  }
  if (asked.late) throw new Error("in the middle");
  stream.end();
});
