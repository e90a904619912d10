// What Lambda puts beside code that is written in a template: answers for custom resources.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html
"use strict";

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

/** Put the answer to the request's ResponseURL, then end the invocation. */
exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) => {
  const body = JSON.stringify({
    Status: responseStatus,
    Reason: `See the log stream ${context.logStreamName}`,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  const url = new URL(event.ResponseURL);
  const { request } = require(url.protocol === "http:" ? "node:http" : "node:https");
  const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const end = (error) => {
      if (error) console.log("the answer could not be sent:", error);
      resolve();
      context.done();
    };
    const sent = request(url, { method: "PUT", headers }, (answer) => answer.resume().on("end", end));
    sent.on("error", end);
    sent.end(body);
  });
};
