"""`eventmill check`: it refuses what a deployment refuses, by file and line, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from eventmill.cli.main import cli
from eventmill.kernel.errors import UsageError
from eventmill.testing import engine

FUNCTION = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Seconds: {Type: Number, Default: 1000}
  Given: {Type: Number}
Conditions:
  Never: !Equals [a, b]
Globals: {Function: {Runtime: python3.12, Handler: index.handler}}
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "def handler(event, context): pass"
"""


def checked(folder: Path, text: str) -> tuple[int, str]:
    template = folder / "template.yaml"
    template.write_text(text)
    done = CliRunner().invoke(cli, ["check", str(template)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output.replace(str(template), "T")


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("Runtime: java21", "Java functions need Lambda's own Java runtime client"),
        ("Runtime: python2.7", "python2.7 is no runtime that is offered"),
        ("Timeout: !Ref Seconds", "Value '1000' at 'timeout' failed to satisfy constraint"),
        ("Timeout: abc", "Value 'abc' at 'Timeout' is not valid."),
        ("MemorySize: 99999", "value less than or equal to 10240"),
        ("Environment: {Variables: {X: !Ref Seconds}}", "variable name X must satisfy"),
        ("ReservedConcurrentExecutions: many", "Value 'many' at 'ReservedConcurrentExecutions'"),
    ],
)
def test_settings_of_functions_are_judged_as_a_deployment_does(
    tmp_path: Path, properties: str, said: str
) -> None:
    code, output = checked(tmp_path, FUNCTION + f"      {properties}\n")
    assert code == 1
    assert "refused   T:9: One: AWS::Lambda::Function: " in output and said in output
    assert output.splitlines()[-1].startswith(
        "nothing would be deployed: 1 of 2 resources are offered, 1 refusal,"
    )
    with engine() as mill:
        with pytest.raises(UsageError, match="nothing was deployed") as error:
            mill.deploy(tmp_path, {"Given": "1"})
        assert said in str(error.value)
        assert mill.client("iam").list_roles()["Roles"] == []


def test_code_that_is_missing_is_refused(tmp_path: Path) -> None:
    text = FUNCTION.replace('InlineCode: "def handler(event, context): pass"', "CodeUri: nowhere")
    code, output = checked(tmp_path, text)
    assert code == 1
    assert f"T:9: One: AWS::Lambda::Function: {tmp_path / 'nowhere'} does not exist" in output


@pytest.mark.parametrize(
    "properties",
    [
        "Timeout: !Ref Given",
        "MemorySize: !GetAtt Other.Arn",
        "Condition: Never\n    Properties: {Runtime: java21}",
        "Runtime: '{{resolve:ssm:/runtime}}'",
        "Environment: {Variables: {TABLE: !GetAtt Other.Arn}}",
        "Timeout: !If [Never, 1000, !Ref AWS::NoValue]",
    ],
)
def test_what_is_not_known_yet_is_not_refused(tmp_path: Path, properties: str) -> None:
    text = FUNCTION + f"      {properties}\n  Other: {{Type: AWS::SQS::Queue}}\n"
    if properties.startswith("Condition"):
        text = FUNCTION.replace("    Properties:\n", "    Condition: Never\n    Properties:\n")
        text += "      Runtime: java21\n"
    code, output = checked(tmp_path, text)
    assert code == 0, output
    assert " resources would be deployed, 0 refusals" in output


@pytest.mark.parametrize(
    ("kind", "properties", "said"),
    [
        ("SQS::Queue", "VisibilityTimeout: 50000", "Invalid value for the parameter Visibility"),
        ("SQS::Queue", "QueueName: a b", "Can only include alphanumeric"),
        (
            "SQS::Queue",
            "RedrivePolicy: {maxReceiveCount: 0, deadLetterTargetArn: !GetAtt Known.Arn}",
            "must be between 1 and 1000",
        ),
        ("SNS::Topic", "FifoTopic: true, TopicName: plain", "must end with .fifo"),
        ("Events::Rule", "ScheduleExpression: rate(1 minits)", "ScheduleExpression is not valid"),
        ("Events::Rule", "EventPattern: {source: x}", "Event pattern is not valid"),
        (
            "Scheduler::Schedule",
            "ScheduleExpression: rate(0), FlexibleTimeWindow: {Mode: 'OFF'},"
            " Target: {Arn: a, RoleArn: r}",
            "Invalid Schedule Expression",
        ),
        (
            "DynamoDB::Table",
            "KeySchema: [{AttributeName: id, KeyType: HASH}], AttributeDefinitions: []",
            "not defined in AttributeDefinitions",
        ),
        (
            "Lambda::EventInvokeConfig",
            "FunctionName: f, Qualifier: $LATEST, MaximumRetryAttempts: 3",
            "Value '3' at 'maximumRetryAttempts' failed",
        ),
        (
            "SNS::Subscription",
            "TopicArn: t, Protocol: sqs, Endpoint: !GetAtt Known.Arn, FilterPolicy: {a: 3}",
            "Attributes Reason: FilterPolicy: ",
        ),
        (
            "Lambda::Function",
            "Runtime: python3.12, Handler: a.b, Role: r",
            "Code is missing, which AWS requires",
        ),
        (
            "Lambda::Function",
            "Runtime: python3.12, Handler: a.b, Role: r, Code: {S3Bucket: b, S3Key: k},"
            " Environment: text",
            "the properties have not the form that this type wants",
        ),
        (
            "Lambda::EventSourceMapping",
            "FunctionName: f, EventSourceArn: !GetAtt Known.Arn, BatchSize: 10001",
            "less than or equal to 10000",
        ),
        (
            "Lambda::EventSourceMapping",
            "FunctionName: f, EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q',"
            " BatchSize: 11",
            "Maximum batch window in seconds must be greater than 0",
        ),
        (
            "Lambda::EventSourceMapping",
            "FunctionName: f, EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q',"
            " BatchSize: 11, FilterCriteria: {Filters: [{Pattern: !GetAtt Known.Arn}]}",
            "Maximum batch window in seconds must be greater than 0",
        ),
        (
            "Lambda::EventSourceMapping",
            "FunctionName: f, EventSourceArn: !Ref Known, AmazonManagedKafkaEventSourceConfig:"
            " {SchemaRegistryConfig: {SchemaRegistryURI: !GetAtt Known.Arn}}",
            "SchemaRegistryConfig is not supported by Eventmill",
        ),
        (
            "DynamoDB::Table",
            "BillingMode: PAY_PER_REQUEST, KeySchema: [{AttributeName: a, KeyType: HASH}],"
            " AttributeDefinitions: [{AttributeName: a, AttributeType: S},"
            " {AttributeName: b, AttributeType: S}], GlobalSecondaryIndexes:"
            " [{IndexName: both, Projection: {ProjectionType: ALL}, KeySchema:"
            " [{AttributeName: a, KeyType: HASH}, {AttributeName: b, KeyType: HASH}]}]",
            "The index both has keys of several attributes, which Eventmill does not offer",
        ),
        ("Kinesis::Stream", "ShardCount: 0", "Value '0' at 'shardCount' failed to satisfy"),
        (
            "Kinesis::Stream",
            "ShardCount: 2, StreamModeDetails: {StreamMode: ON_DEMAND}",
            "ShardCount must not be specified for ON_DEMAND",
        ),
        ("Kinesis::Stream", "RetentionPeriodHours: 3, ShardCount: 1", "(3 hours) is too short"),
        ("Kinesis::Stream", "StreamModeDetails: {StreamMode: WILD}", "Value 'WILD' at 'streamMode"),
        ("Logs::LogGroup", "RetentionInDays: 2", "Value '2' at 'retentionInDays' failed"),
        ("Logs::LogGroup", "LogGroupName: 'a b'", "Value 'a b' at 'logGroupName' failed"),
        ("S3::Bucket", "BucketName: Capital", "The specified bucket is not valid."),
        (
            "S3::Bucket",
            "VersioningConfiguration: {Status: 'On'}",
            "did not validate against our published schema",
        ),
        (
            "S3::Bucket",
            "LifecycleConfiguration: {Rules: [{Status: Enabled}]}",
            "At least one action needs to be specified in a rule",
        ),
        (
            "S3::Bucket",
            "NotificationConfiguration: {QueueConfigurations:"
            " [{Event: 's3:Object:*', Queue: !GetAtt Known.Arn}]}",
            "The event is not supported for notifications",
        ),
        (
            "S3::Bucket",
            "NotificationConfiguration: {QueueConfigurations:"
            " [{Event: 's3:ObjectCreated:*', Queue: !GetAtt Known.Arn}], LambdaConfigurations:"
            " [{Event: 's3:ObjectCreated:Put', Function: !GetAtt Known.Arn}]}",
            "Configurations overlap.",
        ),
        (
            "S3::Bucket",
            "ObjectLockConfiguration: {ObjectLockEnabled: Enabled,"
            " Rule: {DefaultRetention: {Mode: GOVERNANCE}}}",
            "did not validate against our published schema",
        ),
        (
            "Lambda::Alias",
            "FunctionName: f, FunctionVersion: !GetAtt Known.Arn, Name: '12'",
            "Value '12' at 'name' failed to satisfy",
        ),
        (
            "Lambda::Alias",
            "FunctionName: f, FunctionVersion: '1', Name: live, RoutingConfig:"
            " {AdditionalVersionWeights: [{FunctionVersion: '2', FunctionWeight: 1.5}]}",
            "Weight 1.5 of version 2 must be between 0.0 and 1.0.",
        ),
        (
            "Lambda::Alias",
            "FunctionName: f, FunctionVersion: '1', Name: live,"
            " ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 0}",
            "Value '0' at 'provisionedConcurrentExecutions'",
        ),
        ("Lambda::Url", "TargetFunctionArn: f, AuthType: OPEN", "Value 'OPEN' at 'authType'"),
        (
            "Lambda::Url",
            "TargetFunctionArn: !GetAtt Known.Arn, AuthType: NONE, InvokeMode: STREAM",
            "Value 'STREAM' at 'invokeMode' failed",
        ),
        (
            "Lambda::Url",
            "TargetFunctionArn: f, AuthType: NONE, Cors: {MaxAge: 90000}",
            "Value '90000' at 'cors.maxAge' failed",
        ),
        (
            "Pipes::Pipe",
            "RoleArn: r, Source: !GetAtt Known.Arn, Target: 'arn:aws:sqs:us-east-1:0:q',"
            " SourceParameters: {SqsQueueParameters: {BatchSize: 11}}",
            "A BatchSize above 10 needs a MaximumBatchingWindowInSeconds.",
        ),
        (
            "Pipes::Pipe",
            "RoleArn: r, Source: !GetAtt Known.Arn, Target: 'arn:aws:kinesis:us-east-1:0:stream/s'",
            "needs KinesisStreamParameters with a PartitionKey.",
        ),
        (
            "Pipes::Pipe",
            "RoleArn: r, Source: 'arn:aws:s3:::b', Target: !GetAtt Known.Arn",
            "cannot be a source",
        ),
        (
            "Pipes::Pipe",
            "RoleArn: r, Source: !GetAtt Known.Arn, Target: !GetAtt Known.Arn,"
            " SourceParameters: {FilterCriteria: {Filters: [{Pattern: '{\"a\": 1}'}]}}",
            "Event pattern is not valid.",
        ),
        (
            "Pipes::Pipe",
            "RoleArn: r, Source: !GetAtt Known.Arn, Target: !GetAtt Known.Arn,"
            " TargetParameters: {InputTemplate: '<aws.pipes.nothing>'}",
            "invalid placeholder <aws.pipes.nothing>",
        ),
        (
            "Scheduler::Schedule",
            "ScheduleExpression: rate(1 day), FlexibleTimeWindow: {Mode: FLEXIBLE},"
            " Target: {Arn: a, RoleArn: r}",
            "MaximumWindowInMinutes must be between 1 and 1440",
        ),
        (
            "Scheduler::Schedule",
            "ScheduleExpression: rate(1 day), FlexibleTimeWindow: {Mode: 'OFF'}, Target:"
            " {Arn: !GetAtt Known.Arn, RoleArn: r, RetryPolicy: {MaximumRetryAttempts: 200}}",
            "MaximumRetryAttempts must be between 0 and 185, not 200.",
        ),
        (
            "Scheduler::Schedule",
            "ScheduleExpression: rate(1 day), FlexibleTimeWindow: {Mode: 'OFF'}, Target:"
            " {Arn: 'arn:aws:events:us-east-1:0:event-bus/b', RoleArn: !GetAtt Known.Arn}",
            "EventBridgeParameters must be specified",
        ),
        (
            "Scheduler::Schedule",
            "ScheduleExpression: rate(1 day), FlexibleTimeWindow: {Mode: 'OFF'}, Target:"
            " {Arn: 'arn:aws:scheduler:::aws-sdk:sqs:listQueues', RoleArn: r}",
            "ListQueues only reads",
        ),
        (
            "ApiGateway::Resource",
            "RestApiId: !GetAtt Known.Arn, ParentId: r, PathPart: '/orders'",
            "Resource's path part only allow",
        ),
        (
            "ApiGateway::RestApi",
            "Body: {swagger: '2.0', paths: {'/a/{b}.json': {get: {}}}}",
            "curly braces at the beginning and the end: {b}.json",
        ),
        (
            "ApiGatewayV2::Api",
            "Body: {openapi: 3.0.1, paths: {orders: {get: {}}}}",
            "The provided route key is not formatted properly: GET orders",
        ),
        ("Lambda::Alias", "FunctionName: f, Name: live", "FunctionVersion is missing, which AWS r"),
        (
            "S3::Bucket",
            "NotificationConfiguration: {QueueConfigurations: [{Queue: !GetAtt Known.Arn}]}",
            "NotificationConfiguration.QueueConfigurations.Event is missing, which AWS requires",
        ),
        ("S3::Bucket", "VersioningConfiguration: {}", "VersioningConfiguration.Status is missing"),
        (
            "S3::Bucket",
            "CorsConfiguration: {CorsRules: [{AllowedOrigins: ['*'], AllowedMethods: [GET, ALL]}]}",
            "CorsConfiguration.CorsRules.AllowedMethods cannot be 'ALL'; it is one of GET, PUT, H",
        ),
        (
            "Lambda::Function",
            "Runtime: python3.12, Handler: a.b, Role: r, Code: {S3Bucket: b, S3Key: k},"
            " TracingConfig: {Mode: Activ}",
            "TracingConfig.Mode cannot be 'Activ'; did you mean Active?",
        ),
        (
            "SNS::Topic",
            "Subscription: [{Protocol: sqs, Endpoint: !If [Never, a, !Ref AWS::NoValue]}]",
            "Subscription.Endpoint is missing, which AWS requires",
        ),
    ],
)
def test_other_types_are_judged_too(tmp_path: Path, kind: str, properties: str, said: str) -> None:
    code, output = checked(
        tmp_path,
        f"Conditions: {{Never: !Equals [a, b]}}\n"
        f"Resources:\n  Known: {{Type: AWS::SQS::Queue}}\n"
        f"  One: {{Type: AWS::{kind}, Properties: {{{properties}}}}}\n",
    )
    assert code == 1 and f"refused   T:4: One: AWS::{kind}: " in output and said in output
    assert "1 refusal," in output


VAGUE = """\
Parameters: {Text: {Type: String}, Number: {Type: Number}}
Resources:
  Known: {Type: AWS::SQS::Queue}
  Stream: {Type: AWS::Kinesis::Stream, Properties: {Name: !Ref Text, ShardCount: !Ref Number,
    StreamModeDetails: {StreamMode: !Ref Text}, RetentionPeriodHours: !Ref Number}}
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Ref Text,
    RetentionInDays: !Ref Number}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Ref Text
      VersioningConfiguration: {Status: !Ref Text}
      LifecycleConfiguration: {Rules: [{Status: Enabled, ExpirationInDays: !Ref Number}]}
      NotificationConfiguration:
        QueueConfigurations:
          - {Event: !Ref Text, Queue: !GetAtt Known.Arn}
          - {Event: "s3:ObjectCreated:*", Queue: !GetAtt Known.Arn,
             Filter: {S3Key: {Rules: [{Name: prefix, Value: !Ref Text}]}}}
          - {Event: "s3:ObjectCreated:*", Queue: !GetAtt Known.Arn,
             Filter: {S3Key: {Rules: [{Name: prefix, Value: a}]}}}
  Alias: {Type: AWS::Lambda::Alias, Properties: {FunctionName: f, Name: !Ref Text,
    FunctionVersion: !Ref Text, RoutingConfig: {AdditionalVersionWeights:
    [{FunctionVersion: !Ref Text, FunctionWeight: !Ref Number}]},
    ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: !Ref Number}}}
  Url: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: f, AuthType: !Ref Text,
    InvokeMode: !Ref Text, Cors: {MaxAge: !Ref Number}}}
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      Name: !Ref Text
      RoleArn: r
      Source: !Ref Text
      Target: "arn:aws:kinesis:us-east-1:0:stream/s"
      TargetParameters: !If [Either, {}, {}]
      SourceParameters:
        KinesisStreamParameters: {StartingPosition: !Ref Text, BatchSize: !Ref Number}
        FilterCriteria: {Filters: [{Pattern: !Ref Text}]}
  Schedule:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: !Ref Text
      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: !Ref Number}
      Target:
        Arn: "arn:aws:sqs:us-east-1:0:q.fifo"
        RoleArn: !Ref Text
        SqsParameters: {MessageGroupId: !Ref Text}
        RetryPolicy: {MaximumRetryAttempts: !Ref Number}
  Versioned:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: !If [Either, {}, {Status: Enabled}]
      CorsConfiguration:
        CorsRules: [{AllowedOrigins: [!Ref Text], AllowedMethods: [!If [Either, GET, !Ref Text]]}]
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      Subscription: [{Protocol: sqs, Endpoint: !If [Either, !Ref AWS::NoValue, a]}]
Conditions: {Either: !Equals [!Ref Text, a]}
"""


def test_what_a_parameter_will_give_is_not_refused(tmp_path: Path) -> None:
    code, output = checked(tmp_path, VAGUE)
    assert code == 0, output


def test_a_refused_output_lets_nothing_be_deployed(tmp_path: Path) -> None:
    code, output = checked(
        tmp_path,
        "Resources:\n  A: {Type: AWS::SQS::Queue}\nOutputs:\n  B: {Value: !Ref Nothing}\n",
    )
    assert code == 1
    assert "nothing would be deployed: 1 of 1 resources are offered, 1 refusal," in output


def test_an_unknown_property_is_shown_its_likely_name(tmp_path: Path) -> None:
    code, output = checked(
        tmp_path,
        "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {VisibilityTimout: 3, Colour: 1}}\n",
    )
    assert code == 1
    wrong = "T:2: A: AWS::SQS::Queue {}: is no property of this type, or not offered{}\n"
    assert wrong.format("VisibilityTimout", "; did you mean VisibilityTimeout?") in output
    assert wrong.format("Colour", "") in output
    template = tmp_path / "template.yaml"
    template.write_text(FUNCTION + "      Timout: 3\n")
    done = CliRunner().invoke(cli, ["check", str(template)])
    assert str(done.exception).startswith(f"{template}:9: ")
    assert str(done.exception).endswith("AWS::Serverless::Function; did you mean Timeout?")


PUSHES = """\
Resources:
  Work: {Type: AWS::Lambda::Function, Properties: {Runtime: python3.12, Handler: index.handler,
    Role: r, Code: {ZipFile: "def handler(event, context): pass"}}}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Work, Name: live,
    FunctionVersion: $LATEST}}
  Rule: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day),
    Targets: [{Id: a, Arn: !GetAtt Work.Arn}]}}
  Feed: {Type: AWS::SNS::Subscription, Properties: {TopicArn: t, Protocol: lambda,
    Endpoint: !Ref Live}}
  Files: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {LambdaConfigurations:
    [{Event: 's3:ObjectCreated:*', Function: !GetAtt Work.Arn}]}}}
  Call: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: a, IntegrationType: AWS_PROXY,
    PayloadFormatVersion: '2.0', IntegrationUri: !GetAtt Work.Arn}}
  ByRole: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: a, CredentialsArn: r,
    IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Work.Arn}}
  Quick: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: q, ProtocolType: HTTP,
    Target: !GetAtt Work.Arn}}
  Method: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: a, ResourceId: r, HttpMethod: GET,
    Integration: {Type: AWS_PROXY, IntegrationHttpMethod: POST,
    Uri: !Sub "arn:aws:apigateway:r:lambda:path/2015-03-31/functions/${Work.Arn}/invocations"}}}
  Guard: {Type: AWS::ApiGateway::Authorizer, Properties: {RestApiId: a, Name: g, Type: TOKEN,
    IdentitySource: method.request.header.A,
    AuthorizerUri: !Sub "arn:aws:apigateway:r:lambda:path/x/functions/${Work.Arn}/invocations"}}
"""
PERMISSION = """\
  {name}: {{Type: AWS::Lambda::Permission, Properties: {{Action: 'lambda:InvokeFunction',
    Principal: {principal}, FunctionName: {function}}}}}
"""


def test_functions_that_let_no_source_in_are_named(tmp_path: Path) -> None:
    said = [
        "T:6: AWS::Lambda::Function Work gets nothing from AWS::Events::Rule Rule: no "
        "AWS::Lambda::Permission lets events.amazonaws.com in",
        "T:8: AWS::Lambda::Alias Live gets nothing from AWS::SNS::Subscription Feed: no "
        "AWS::Lambda::Permission lets sns.amazonaws.com in",
        "T:10: AWS::Lambda::Function Work gets nothing from AWS::S3::Bucket Files: no "
        "AWS::Lambda::Permission lets s3.amazonaws.com in",
        "T:12: AWS::Lambda::Function Work gets nothing from AWS::ApiGatewayV2::Integration Call: "
        "no AWS::Lambda::Permission lets apigateway.amazonaws.com in",
        *(
            f"T:{line}: AWS::Lambda::Function Work gets nothing from AWS::{kind}: no "
            "AWS::Lambda::Permission lets apigateway.amazonaws.com in"
            for line, kind in (
                (16, "ApiGatewayV2::Api Quick"),
                (18, "ApiGateway::Method Method"),
                (21, "ApiGateway::Authorizer Guard"),
            )
        ),
    ]

    def notices(*permissions: tuple[str, str]) -> list[str]:
        text = PUSHES + "".join(
            PERMISSION.format(name=f"P{number}", principal=principal, function=function)
            for number, (principal, function) in enumerate(permissions)
        )
        code, output = checked(tmp_path, text)
        assert code == 0, output
        return [line[10:] for line in output.splitlines() if "gets nothing from" in line]

    assert notices() == said
    events = ("events.amazonaws.com", "!Ref Work")
    assert notices(events) == said[1:]
    assert notices(events, ("sns.amazonaws.com", "!Ref Live")) == said[2:]
    assert notices(("!Ref AWS::AccountId", "!GetAtt Work.Arn")) == []
    assert notices(("s3.amazonaws.com", "!Sub '${AWS::StackName}-Work'")) == [*said[:2], *said[3:]]


def test_single_resources_that_nothing_stands_behind_are_named(tmp_path: Path) -> None:
    code, said = checked(
        tmp_path,
        """\
Resources:
  Outer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Type: network, Subnets: [subnet-1]}
  Start:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: a
      IntegrationType: AWS_PROXY
      IntegrationSubtype: StepFunctions-StartExecution
""",
    )
    assert code == 0
    assert "LoadBalancer Outer: a network load balancer is recorded" in said
    assert "Start: StepFunctions-StartExecution calls a service that is not here" in said


def test_alarms_that_nothing_here_can_judge_are_named(tmp_path: Path) -> None:
    code, output = checked(
        tmp_path,
        """\
Parameters: {Metric: {Type: String, Default: x}}
Resources:
  Sent:
    Type: AWS::CloudWatch::Alarm
    Properties: &alarm
      {Namespace: AWS/S3, MetricName: NumberOfObjects, Period: 60, EvaluationPeriods: 1,
       Statistic: Sum, Threshold: 1, ComparisonOperator: GreaterThanThreshold}
  Broken:
    Type: AWS::CloudWatch::Alarm
    Properties:
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanThreshold
      Metrics:
        - {Id: all, Expression: a + b}
        - Id: a
          ReturnData: false
          MetricStat:
            {Metric: {Namespace: AWS/ApiGateway, MetricName: CacheHitCount}, Period: 60, Stat: Sum}
        - Id: b
          ReturnData: false
          MetricStat: {Metric: {Namespace: AWS/Lambda, MetricName: Errors}, Period: 60, Stat: Sum}
  Own: {Type: AWS::CloudWatch::Alarm, Properties: {<<: *alarm, Namespace: Shop}}
  Given: {Type: AWS::CloudWatch::Alarm, Properties: {<<: *alarm, MetricName: !Ref Metric}}
  Odd:
    Type: AWS::CloudWatch::Alarm
    Properties:
      EvaluationPeriods: 1
      ThresholdMetricId: band
      ComparisonOperator: LessThanLowerThreshold
      Metrics: [{Id: band, Expression: !Sub "ANOMALY_DETECTION_BAND(${Metric})"}]
""",
    )
    assert code == 0, output
    assert [line[10:] for line in output.splitlines() if line.startswith("notice")] == [
        "T:3: AWS::CloudWatch::Alarm Sent: nothing here measures NumberOfObjects of AWS/S3",
        "T:8: AWS::CloudWatch::Alarm Broken: nothing here measures CacheHitCount of AWS/ApiGateway",
        "T:25: AWS::CloudWatch::Alarm Odd: there is no anomaly detection here: it stays at "
        "INSUFFICIENT_DATA",
    ]


REFERENCES = """\
Parameters: {Stage: {Type: String, Default: dev}}
Mappings: {Sizes: {prod: {Wait: 30}}}
Conditions: {Never: !Equals [a, b]}
Resources:
  Work: {Type: AWS::SQS::Queue}
  Gone: {Type: AWS::SQS::Queue, Condition: Never, Properties: {QueueName: !If [Never, a, b]}}
  One:
    Type: AWS::SQS::Queue
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "Properties: {QueueName: !GetAtt Work.Arnn}",
            "AWS::SQS::Queue Work has no attribute Arnn; did you mean Arn?",
        ),
        (
            "Properties: {QueueName: !Sub '${Work.Address}'}",
            "AWS::SQS::Queue Work has no attribute Address; there are: Arn, QueueName, QueueUrl",
        ),
        ("Properties: {QueueName: !GetAtt One.Nope}", "AWS::SQS::Queue One has no attribute Nope;"),
        (
            "Properties: {QueueName: !If [Nevr, a, b]}",
            "the condition Nevr is not declared under Conditions; did you mean Never?",
        ),
        (
            "Properties: {DelaySeconds: !FindInMap [Size, prod, Wait]}",
            "Fn::FindInMap: there is no map Size; did you mean Sizes?",
        ),
        (
            "Properties: {DelaySeconds: !FindInMap [Sizes, !Ref Stage, Wait]}",
            "Fn::FindInMap: the map Sizes has no dev",
        ),
        (
            "Properties: {DelaySeconds: !FindInMap [Sizes, prod, Wayt]}",
            "Fn::FindInMap: the map Sizes.prod has no Wayt",
        ),
        (
            "Properties: {QueueName: !Ref AWS::Regio}",
            "AWS::Regio is no pseudo parameter; did you mean AWS::Region?",
        ),
        ("DependsOn: Nope", "DependsOn names Nope, which the template does not declare"),
        ("Condition: Nope", "the condition Nope is not declared under Conditions"),
        (
            "Properties: {QueueName: !Ref Two}\n  Two: {Type: AWS::SQS::Queue, DependsOn: One}",
            "circular dependency: One -> Two -> One; take one of the references out",
        ),
        ("Properties: {QueueName: !Ref One}", "circular dependency: One -> One; take one"),
    ],
)
def test_references_to_nothing_are_refused(tmp_path: Path, body: str, said: str) -> None:
    text = REFERENCES + f"    {body}\n"
    code, output = checked(tmp_path, text)
    assert code == 1
    assert f"refused   T:7: One: AWS::SQS::Queue: {said}" in output
    with engine() as mill:
        with pytest.raises(UsageError, match="nothing was deployed") as error:
            mill.deploy(tmp_path)
        assert said in str(error.value)
        assert "QueueUrls" not in mill.client("sqs").list_queues()


@pytest.mark.parametrize(
    "name",
    [
        "!FindInMap [Sizes, !Ref AWS::Region, Name]",
        "!FindInMap [Sizes, !Ref Given, Name]",
        "!If [Never, !FindInMap [Sizes, dev, Name], b]",
        "!If [Never, !ImportValue nothing, b]",
        "!Sub ['${Own.Name}', {Own.Name: a}]",
        "!GetAtt Shop.Anything",
    ],
)
def test_references_that_may_come_to_something_are_not_refused(tmp_path: Path, name: str) -> None:
    text = REFERENCES.replace("Parameters: {", "Parameters: {Given: {Type: String}, ")
    text += f"    Properties: {{QueueName: {name}}}\n  Shop: {{Type: 'Custom::Shop', "
    code, output = checked(tmp_path, text + "Properties: {ServiceToken: a}}\n")
    assert code == 0, output


def test_imports_of_what_no_stack_exports_stop_a_deployment(tmp_path: Path) -> None:
    text = REFERENCES + "    Properties: {QueueName: !ImportValue shop-queue}\n"
    code, output = checked(tmp_path, text)
    assert code == 0, output
    with engine() as mill:
        with pytest.raises(UsageError, match="nothing was deployed") as error:
            mill.deploy(tmp_path)
        assert "template.yaml:7: One: AWS::SQS::Queue: Fn::ImportValue shop-queue: " in str(
            error.value
        )
        assert "QueueUrls" not in mill.client("sqs").list_queues()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "SQS::Queue, Properties: {RedrivePolicy: {maxReceiveCount: 3,"
            " deadLetterTargetArn: !Ref Known}}",
            "RedrivePolicy.deadLetterTargetArn: !Ref Known gives a URL, no ARN; "
            "write !GetAtt Known.Arn",
        ),
        (
            "SQS::Queue, Properties: {FifoQueue: true, RedrivePolicy: {maxReceiveCount: 3,"
            " deadLetterTargetArn: !GetAtt Known.Arn}}",
            "the dead-letter queue of a FIFO queue must be a FIFO queue too; Known is a standard",
        ),
        (
            "SQS::Queue, Properties: {RedrivePolicy: {maxRecieveCount: 3,"
            " deadLetterTargetArn: !GetAtt Known.Arn}}",
            "mandatory attribute: maxReceiveCount; did you mean it by maxRecieveCount?",
        ),
        ("SQS::Queue, Properties: {FifoQueue: yess}", "Value yess for parameter FifoQueue is inv"),
        ("S3::Bucket, Properties: {BucketName: My_Bucket}", "The specified bucket is not valid."),
        (
            "S3::Bucket, Properties: {NotificationConfiguration: {QueueConfigurations:"
            " [{Event: 's3:ObjectCreate:*', Queue: !GetAtt Known.Arn}]}}",
            "The event is not supported for notifications",
        ),
        (
            "Lambda::EventSourceMapping, Properties: {FunctionName: f, EventSourceArn: !Ref Known}",
            "EventSourceArn: !Ref Known gives a URL, no ARN; write !GetAtt Known.Arn",
        ),
        (
            "Lambda::EventSourceMapping, Properties: {FunctionName: f, BatchSize: 11,"
            " EventSourceArn: !GetAtt Known.Arn}",
            "BatchSize above 10 needs MaximumBatchingWindowInSeconds of at least 1",
        ),
        (
            "Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Slow,"
            " EventSourceArn: !GetAtt Known.Arn}",
            "VisibilityTimeout of Known (30 seconds) is less than Timeout of Slow (31 seconds)",
        ),
        (
            "Lambda::EventSourceMapping, Properties: {FunctionName: f,"
            " EventSourceArn: !GetAtt Flow.Arn}",
            "Flow is a stream: give StartingPosition, such as LATEST",
        ),
        (
            "Lambda::Function, Properties: {Runtime: python3.111, Handler: a.b, Role: r,"
            " Code: {ZipFile: a}}",
            "python3.111 is no runtime that is offered",
        ),
        (
            "DynamoDB::Table, Properties: {KeySchema: [{AttributeName: id, KeyType: HASH}],"
            " AttributeDefinitions: [{AttributeName: id, AttributeType: S}]}",
            "must both be specified when BillingMode is PROVISIONED",
        ),
        (
            "DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUEST,"
            " KeySchema: [{AttributeName: id, KeyType: HASH}],"
            " AttributeDefinitions: [{AttributeName: id, AttributeType: X}]}",
            "Value 'X' at 'attributeType' failed to satisfy constraint",
        ),
        (
            "DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUEST,"
            " KeySchema: [{AttributeName: id, KeyType: HASH}],"
            " AttributeDefinitions: [{AttributeName: id, AttributeType: S}],"
            " GlobalSecondaryIndexes: [{IndexName: ab, Projection: {ProjectionType: ALL},"
            " KeySchema: [{AttributeName: id, KeyType: HASH}]}]}",
            "Value 'ab' at 'indexName' failed to satisfy constraint",
        ),
    ],
)
def test_what_cannot_go_together_is_refused(tmp_path: Path, body: str, said: str) -> None:
    text = f"""\
Resources:
  Known: {{Type: AWS::SQS::Queue}}
  Flow: {{Type: AWS::Kinesis::Stream, Properties: {{ShardCount: 1}}}}
  Slow: {{Type: AWS::Lambda::Function, Properties: {{Runtime: python3.12, Handler: index.handler,
    Timeout: 31, Role: r, Code: {{ZipFile: "def handler(event, context): pass"}}}}}}
  One: {{Type: AWS::{body}}}
"""
    code, output = checked(tmp_path, text)
    assert code == 1
    assert "refused   T:6: One: AWS::" in output and said in output
    assert "1 refusal," in output


UNMADE = """\
Parameters:
  Stage: {Type: String, Default: dev}
  Given: {Type: String}
Conditions:
  Live: !Equals [!Ref Stage, live]
  Perhaps: !Equals [!Ref Given, a]
Resources:
  Other: {Type: AWS::SQS::Queue, Condition: Live}
  Maybe: {Type: AWS::SQS::Queue, Condition: Perhaps}
"""
RULE = "  One: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {maxReceiveCount: 3, "


@pytest.mark.parametrize(
    ("body", "block"),
    [
        (
            f"{RULE} deadLetterTargetArn: !GetAtt Other.Arn}}}}}}",
            "One: AWS::SQS::Queue: Unresolved",
        ),
        (
            f"{RULE} deadLetterTargetArn: !If [Live, !GetAtt Other.Arn, !Ref Other]}}}}}}",
            "One: AWS::SQS::Queue: Unresolved",
        ),
        ("Outputs:\n  Url: {Value: !Ref Other}", "Url: Output: Unresolved"),
    ],
)
def test_references_to_what_is_not_made_are_refused(tmp_path: Path, body: str, block: str) -> None:
    code, output = checked(tmp_path, f"{UNMADE}{body}\n")
    assert code == 1 and f"T:{10 if 'One' in body else 11}: {block} resource dependencies" in output
    assert "Other is not made, since its condition Live is false. Refer to it within" in output
    with engine() as mill:
        with pytest.raises(UsageError, match="nothing was deployed"):
            mill.deploy(tmp_path, {"Given": "b"})
        mill.deploy(tmp_path, {"Given": "b", "Stage": "live"})


@pytest.mark.parametrize(
    "body",
    [
        f"{RULE} deadLetterTargetArn: !If [Live, !GetAtt Other.Arn, 'arn:aws:sqs:a:1:q']}}}}}}",
        f"{RULE} deadLetterTargetArn: !GetAtt Maybe.Arn}}}}}}",
        "  One: {Type: AWS::SQS::Queue, DependsOn: Other}",
        "  One: {Type: AWS::SNS::Topic, Condition: Live, Properties: {TopicName: !Ref Other}}",
        "Outputs:\n  Url: {Value: !Ref Other, Condition: Live}",
    ],
)
def test_references_that_nothing_needs_are_not_refused(tmp_path: Path, body: str) -> None:
    assert checked(tmp_path, f"{UNMADE}{body}\n")[0] == 0


def test_another_python_is_told_once_for_each_runtime(tmp_path: Path) -> None:
    own = f"python3.{sys.version_info.minor}"
    functions = [("One", "python3.98"), ("Two", "python3.98"), ("Own", own), ("Gone", "python3.99")]
    text = "Conditions: {Never: !Equals [a, b]}\nResources:\n" + "".join(
        f"  {name}:\n    Type: AWS::Lambda::Function\n"
        f"    Properties: {{Runtime: {runtime}, Role: 'arn:aws:iam::1:role/r', Handler: index.f,"
        f" Code: {{ZipFile: 'def f(event, context): pass'}}}}\n"
        + ("    Condition: Never\n" if name == "Gone" else "")
        for name, runtime in functions
    )
    said = f"functions of runtime python3.98 run on Python {own[6:]}, the engine's own: "
    code, output = checked(tmp_path, text)
    assert code == 0 and output.count("functions of runtime") == 1
    assert f"notice    T:3: {said}" in output
    run = ["run", str(tmp_path), "--port", "0", "--", "true"]
    done = CliRunner().invoke(cli, run)
    assert done.exit_code == 0 and done.output.count(said) == 1
