// A custom resource that answers to port 443 of its ResponseURL's host, as the CDK's own do.
"use strict";
const https = require("https");
const url = require("url");

exports.handler = async (event) => {
  const body = JSON.stringify({
    Status: "SUCCESS",
    Reason: "",
    PhysicalResourceId: "named",
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    Data: { Name: event.ResourceProperties.Name },
  });
  const { hostname, path } = url.parse(event.ResponseURL);
  const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
  await new Promise((resolve, reject) => {
    const sent = https.request({ hostname, path, method: "PUT", headers }, (answer) => {
      answer.resume();
      resolve();
    });
    sent.on("error", reject);
    sent.end(body);
  });
};
