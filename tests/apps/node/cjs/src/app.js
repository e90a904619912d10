// A CommonJS handler that answers by its callback, with a package of a layer.
const greet = require("greeter");

exports.handler = (event, context, callback) => {
  switch (event.act) {
    case "wait":
      // The callback's answer is sent once the timer has fired.
      setTimeout(() => console.log("waited"), 100);
      return callback(null, "late");
    case "hurry":
      context.callbackWaitsForEmptyEventLoop = false;
      setTimeout(() => {}, 4000);
      return callback(null, "early");
    case "nothing":
      return undefined;
    case "fail":
      return callback(new TypeError("no"));
    case "regret":
      callback("first");
      return callback(null, "second");
    case "throw":
      throw new RangeError("thrown");
    case "uncaught":
      setTimeout(() => {
        throw new Error("nobody caught it");
      }, 5);
      return undefined;
    default:
      return callback(null, { greeting: greet(event.name), function: context.functionName });
  }
};
