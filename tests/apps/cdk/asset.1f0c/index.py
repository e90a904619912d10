"""A custom resource that answers over TLS to the host of its ResponseURL, as helpers do."""

import json
from http.client import HTTPSConnection
from urllib.parse import urlsplit


def handler(event, context):
    from greetings import greet

    data = {"Greeting": greet(event["ResourceProperties"]["Name"])}
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": "greeted",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data,
    }
    url = urlsplit(event["ResponseURL"])
    connection = HTTPSConnection(url.netloc)
    connection.request("PUT", url.path, json.dumps(answer), {"content-type": ""})
    assert connection.getresponse().status == 200
