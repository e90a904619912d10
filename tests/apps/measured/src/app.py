def handler(event, context):
    how = event["pathParameters"]["how"]
    if how == "broken":
        raise RuntimeError(how)
    return {"statusCode": {"ok": 200, "bad": 404}[how], "body": "x" * 100}


def talk(event, context):
    context = event["requestContext"]
    if context["routeKey"] == "fail":
        raise RuntimeError("fail")
    return {"statusCode": 200, "body": "said"}
