import json
import os

import boto3

secrets = boto3.client("secretsmanager")
parameters = boto3.client("ssm")


def handler(event, context):
    secret = secrets.get_secret_value(SecretId=os.environ["SECRET"])["SecretString"]
    limit = parameters.get_parameter(Name=os.environ["LIMIT"])["Parameter"]["Value"]
    names = ("GREETING", "COLOUR", "USERNAME", "PASSWORD", "TOKEN", "HALF")
    return {
        "secret": json.loads(secret),
        "limit": limit,
        "variables": {name: os.environ[name] for name in names},
    }
