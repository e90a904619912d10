"""Tells what it was asked, and answers as planned: by default nothing, and riddles with 42."""

import json
import os
import time

import boto3

queue, tables = boto3.client("sqs"), boto3.resource("dynamodb")
pools = boto3.client("cognito-idp")


def handler(event, context):
    queue.send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(event))
    trigger = event["triggerSource"].partition("_")[0]
    found = tables.Table(os.environ["PLANS"]).get_item(Key={"trigger": trigger}).get("Item")
    plan = json.loads(found["plan"]) if found else {}
    if "sleep" in plan:
        time.sleep(plan["sleep"])
    if "error" in plan:
        raise ValueError(plan["error"])
    if "group" in plan:
        pools.admin_add_user_to_group(
            UserPoolId=event["userPoolId"], Username=event["userName"], GroupName=plan["group"]
        )
    if "answer" in plan:
        return plan["answer"]
    event["response"].update(plan.get("response") or riddle(trigger, event["request"]))
    return event


def riddle(trigger, request):
    if trigger == "DefineAuthChallenge":
        session = request["session"]
        if session and session[-1]["challengeName"] == "SRP_A":
            return {"challengeName": "PASSWORD_VERIFIER", "issueTokens": False}
        right = [one for one in session if one["challengeName"] == "CUSTOM_CHALLENGE"]
        if right and right[-1]["challengeResult"]:
            return {"issueTokens": True, "failAuthentication": False}
        if len(right) >= 2:
            return {"issueTokens": False, "failAuthentication": True}
        return {"challengeName": "CUSTOM_CHALLENGE", "issueTokens": False}
    if trigger == "CreateAuthChallenge":
        return {
            "publicChallengeParameters": {"question": "6 * 7"},
            "privateChallengeParameters": {"answer": "42"},
            "challengeMetadata": "RIDDLE",
        }
    if trigger == "VerifyAuthChallengeResponse":
        expected = request["privateChallengeParameters"]["answer"]
        return {"answerCorrect": request["challengeAnswer"] == expected}
    return {}
