"""Types of services that are not offered, so that a template which declares one still deploys.

Each line: the type below `AWS::`, what Ref gives, and attributes beside Arn, Id and Name. In these
`{id}` is a fresh UUID, `{short}` eight hexadecimal digits, `{name}` the resource's name.
"""

from __future__ import annotations

AROUND = """
IAM::InstanceProfile {name} Arn=arn:aws:iam::{account}:instance-profile/{name}
IAM::User {name} Arn=arn:aws:iam::{account}:user/{name}
IAM::Group {name} Arn=arn:aws:iam::{account}:group/{name}
IAM::UserToGroupAddition {name}
IAM::UserPolicy {name}
IAM::RolePolicy {name}
IAM::GroupPolicy {name}
IAM::ServiceLinkedRole {name}
IAM::OIDCProvider arn:aws:iam::{account}:oidc-provider/{name}
IAM::SAMLProvider arn:aws:iam::{account}:saml-provider/{name}
KMS::Key {id} Arn=arn:aws:kms:{region}:{account}:key/{id} KeyId={id}
KMS::ReplicaKey {id} Arn=arn:aws:kms:{region}:{account}:key/{id} KeyId={id}
KMS::Alias {name}
CloudFormation::WaitConditionHandle https://{short}.example/wait
CloudWatch::Dashboard {name}
CloudWatch::InsightRule {name} RuleName={name}
CloudWatch::AnomalyDetector {name}
CloudWatch::MetricStream {name}
ApplicationAutoScaling::ScalableTarget {name}
ApplicationAutoScaling::ScalingPolicy arn:aws:autoscaling:{region}:{account}:scalingPolicy:{id}
ApplicationInsights::Application {name}
ApplicationSignals::ServiceLevelObjective {name}
CodeDeploy::Application {name}
CodeDeploy::DeploymentConfig {name}
CodeDeploy::DeploymentGroup {name}
CodeBuild::Project {name}
CodePipeline::Pipeline {name} Version=1
CodePipeline::Webhook {name} Url=https://{name}.example
CodeArtifact::Domain {name}
CodeArtifact::Repository {name}
CodeCommit::Repository {id} CloneUrlHttp=https://{name}.example CloneUrlSsh=ssh://{name}.example
CodeStarConnections::Connection arn:aws:codestar-connections:{region}:{account}:connection/{id}
CodeStarNotifications::NotificationRule {name}
Chatbot::SlackChannelConfiguration {name}
Budgets::Budget {name}
Backup::BackupPlan {id} BackupPlanId={id}
Backup::BackupSelection {id} SelectionId={id}
Backup::BackupVault {name} BackupVaultName={name}
CloudTrail::Trail {name} SnsTopicArn=
Config::ConfigRule {name} ConfigRuleId={id}
ECR::Repository {name} RepositoryUri={account}.dkr.ecr.{region}.amazonaws.com/{name}
EFS::AccessPoint fsap-{short} AccessPointId=fsap-{short} Arn=arn:aws:elasticfilesystem:{region}:{account}:access-point/fsap-{short}
EFS::FileSystem fs-{short} FileSystemId=fs-{short}
EFS::MountTarget fsmt-{short}
Logs::QueryDefinition {id} QueryDefinitionId={id}
Logs::DeliverySource {name}
Logs::DeliveryDestination {name}
Logs::Delivery {id}
ResourceGroups::Group {name}
SSM::Document {name}
SSM::Association {id} AssociationId={id}
SSM::MaintenanceWindow mw-{short}
ServiceCatalogAppRegistry::Application {id}
ServiceCatalogAppRegistry::ResourceAssociation {id}
ServiceDiscovery::HttpNamespace ns-{short}
ServiceDiscovery::PrivateDnsNamespace ns-{short}
ServiceDiscovery::Service srv-{short}
Synthetics::Canary {name} State=READY
S3::AccessPoint {name} Alias={name}-s3alias
S3::StorageLens {name}
WAFv2::IPSet {name}
WAFv2::LoggingConfiguration {name}
WAFv2::RegexPatternSet {name}
WAFv2::RuleGroup {name}
WAFv2::WebACL {name} Capacity=1
WAFv2::WebACLAssociation {name}
WAFRegional::WebACL {id}
WAFRegional::WebACLAssociation {id}
XRay::Group {name} GroupARN=arn:aws:xray:{region}:{account}:group/default/{name}
XRay::ResourcePolicy {name}
XRay::SamplingRule {name} RuleARN=arn:aws:xray:{region}:{account}:sampling-rule/{name}
"""
"""Types around an application: nothing of what it does depends on them."""

EMPTY = """
AmazonMQ::Broker {id} AmqpEndpoints=amqps://{name}.example:5671 OpenWireEndpoints=ssl://{name}.example:61617
AmazonMQ::Configuration {id} Revision=1
AmazonMQ::ConfigurationAssociation {id}
AppConfig::Application {short} ApplicationId={short}
AppConfig::ConfigurationProfile {short} ConfigurationProfileId={short}
AppConfig::Deployment {short}
AppConfig::DeploymentStrategy {short}
AppConfig::Environment {short} EnvironmentId={short}
AppConfig::HostedConfigurationVersion 1
AppSync::ApiKey {id} ApiKey=da2-{short}
AppSync::DataSource {id}
AppSync::FunctionConfiguration {id} FunctionId={short}
AppSync::GraphQLApi {id} ApiId={short} GraphQLUrl=https://{short}.example/graphql
AppSync::GraphQLSchema {id}
AppSync::Resolver {id}
Athena::DataCatalog {name}
Athena::NamedQuery {id} NamedQueryId={id}
Athena::WorkGroup {name}
AutoScaling::AutoScalingGroup {name}
Batch::ComputeEnvironment {name} ComputeEnvironmentArn=arn:aws:batch:{region}:{account}:compute-environment/{name}
Batch::JobDefinition arn:aws:batch:{region}:{account}:job-definition/{name}:1
Batch::JobQueue {name} JobQueueArn=arn:aws:batch:{region}:{account}:job-queue/{name}
Bedrock::Agent {short} AgentId={short} AgentArn=arn:aws:bedrock:{region}:{account}:agent/{short}
Bedrock::AgentAlias {short} AgentAliasId={short}
Bedrock::DataSource {short} DataSourceId={short}
Bedrock::Guardrail {short} GuardrailId={short} GuardrailArn=arn:aws:bedrock:{region}:{account}:guardrail/{short}
Bedrock::KnowledgeBase {short} KnowledgeBaseId={short}
CloudFront::CachePolicy {id}
CloudFront::CloudFrontOriginAccessIdentity {short} S3CanonicalUserId={id}
CloudFront::Distribution {short} DomainName={short}.cloudfront.net
CloudFront::Function {name} FunctionARN=arn:aws:cloudfront::{account}:function/{name}
CloudFront::OriginAccessControl {short}
CloudFront::OriginRequestPolicy {id}
CloudFront::ResponseHeadersPolicy {id}
CloudWatch::CompositeAlarm {name} Arn=arn:aws:cloudwatch:{region}:{account}:alarm:{name}
Cognito::IdentityPool {region}:{id}
Cognito::IdentityPoolRoleAttachment {id}
Cognito::UserPool {region}_{short} Arn=arn:aws:cognito-idp:{region}:{account}:userpool/{region}_{short} ProviderName=cognito-idp.{region}.amazonaws.com/{region}_{short} ProviderURL=https://cognito-idp.{region}.amazonaws.com/{region}_{short} UserPoolId={region}_{short}
Cognito::UserPoolClient {short} ClientId={short} ClientSecret={id}
Cognito::UserPoolDomain {name} CloudFrontDistribution={short}.cloudfront.net
Cognito::UserPoolGroup {name}
Cognito::UserPoolIdentityProvider {name}
Cognito::UserPoolResourceServer {name}
Cognito::UserPoolUser {name}
Cognito::UserPoolUserToGroupAttachment {name}
DAX::Cluster {name} ClusterDiscoveryEndpoint={name}.example:8111
DAX::SubnetGroup {name}
DocDB::DBCluster {name} Endpoint={name}.example Port=27017 ClusterResourceId=cluster-{short} ReadEndpoint={name}.example
DocDB::DBInstance {name} Endpoint={name}.example Port=27017
DocDB::DBSubnetGroup {name}
EC2::Instance i-{short} PrivateIp=10.0.0.10 PublicIp=198.18.0.10 PrivateDnsName={short}.example PublicDnsName={short}.example AvailabilityZone={region}a
EC2::LaunchTemplate lt-{short} LatestVersionNumber=1 DefaultVersionNumber=1
ECS::Cluster {name}
ECS::Service arn:aws:ecs:{region}:{account}:service/{name} ServiceArn=arn:aws:ecs:{region}:{account}:service/{name}
ECS::TaskDefinition arn:aws:ecs:{region}:{account}:task-definition/{name}:1 TaskDefinitionArn=arn:aws:ecs:{region}:{account}:task-definition/{name}:1
EKS::Cluster {name} Endpoint=https://{name}.example
ElastiCache::CacheCluster {name} RedisEndpoint.Address={name}.example RedisEndpoint.Port=6379
ElastiCache::ParameterGroup {name}
ElastiCache::ReplicationGroup {name} PrimaryEndPoint.Address={name}.example PrimaryEndPoint.Port=6379 ReaderEndPoint.Address={name}.example
ElastiCache::ServerlessCache {name} Endpoint.Address={name}.example Endpoint.Port=6379
ElastiCache::SubnetGroup {name}
Elasticsearch::Domain {name} DomainEndpoint={name}.example
Glue::Connection {name}
Glue::Crawler {name}
Glue::Database {name}
Glue::Job {name}
Glue::Registry arn:aws:glue:{region}:{account}:registry/{name}
Glue::Schema arn:aws:glue:{region}:{account}:schema/{name} InitialSchemaVersionId={id}
Glue::Table {name}
Glue::Trigger {name}
Glue::Workflow {name}
IoT::Certificate {id} Arn=arn:aws:iot:{region}:{account}:cert/{id}
IoT::Policy {name}
IoT::PolicyPrincipalAttachment {name}
IoT::Thing {name}
IoT::ThingPrincipalAttachment {name}
IoT::TopicRule {name} Arn=arn:aws:iot:{region}:{account}:rule/{name}
KinesisAnalyticsV2::Application {name}
KinesisFirehose::DeliveryStream {name} Arn=arn:aws:firehose:{region}:{account}:deliverystream/{name}
LakeFormation::DataLakeSettings {id}
LakeFormation::PrincipalPermissions {id}
Lex::Bot {short}
Lex::BotAlias {short} BotAliasId={short}
Lex::BotVersion 1
Location::Map {name} MapName={name}
Location::PlaceIndex {name} IndexName={name}
MSK::Cluster arn:aws:kafka:{region}:{account}:cluster/{name}/{id}
MSK::Configuration arn:aws:kafka:{region}:{account}:configuration/{name}/{id}
MSK::ServerlessCluster arn:aws:kafka:{region}:{account}:cluster/{name}/{id}
Neptune::DBCluster {name} Endpoint={name}.example Port=8182
Neptune::DBInstance {name} Endpoint={name}.example Port=8182
Neptune::DBSubnetGroup {name}
OpenSearchServerless::AccessPolicy {name}
OpenSearchServerless::Collection {short} CollectionEndpoint=https://{short}.example
OpenSearchServerless::SecurityPolicy {name}
OpenSearchService::Domain {name} DomainEndpoint={name}.example Arn=arn:aws:es:{region}:{account}:domain/{name} DomainArn=arn:aws:es:{region}:{account}:domain/{name}
Pinpoint::App {short} ApplicationId={short}
RDS::DBCluster {name} Endpoint.Address={name}.example Endpoint.Port=3306 ReadEndpoint.Address={name}.example DBClusterArn=arn:aws:rds:{region}:{account}:cluster:{name} DBClusterResourceId=cluster-{short} MasterUserSecret.SecretArn=arn:aws:secretsmanager:{region}:{account}:secret:{name}-{short}
RDS::DBClusterParameterGroup {name}
RDS::DBInstance {name} Endpoint.Address={name}.example Endpoint.Port=3306 DBInstanceArn=arn:aws:rds:{region}:{account}:db:{name} DbiResourceId=db-{short} MasterUserSecret.SecretArn=arn:aws:secretsmanager:{region}:{account}:secret:{name}-{short}
RDS::DBParameterGroup {name}
RDS::DBProxy {name} Endpoint={name}.example DBProxyArn=arn:aws:rds:{region}:{account}:db-proxy:{short}
RDS::DBProxyTargetGroup {name} TargetGroupArn=arn:aws:rds:{region}:{account}:target-group:{short}
RDS::DBSubnetGroup {name}
Redshift::Cluster {name} Endpoint.Address={name}.example Endpoint.Port=5439
RedshiftServerless::Namespace {name}
RedshiftServerless::Workgroup {name}
S3ObjectLambda::AccessPoint {name} Alias.Value={name}-ol-s3
SageMaker::Endpoint arn:aws:sagemaker:{region}:{account}:endpoint/{name} EndpointName={name}
SageMaker::EndpointConfig arn:aws:sagemaker:{region}:{account}:endpoint-config/{name} EndpointConfigName={name}
SageMaker::Model arn:aws:sagemaker:{region}:{account}:model/{name} ModelName={name}
StepFunctions::Activity arn:aws:states:{region}:{account}:activity:{name}
StepFunctions::StateMachine arn:aws:states:{region}:{account}:stateMachine:{name} StateMachineRevisionId=INITIAL
StepFunctions::StateMachineAlias arn:aws:states:{region}:{account}:stateMachine:{name}
StepFunctions::StateMachineVersion arn:aws:states:{region}:{account}:stateMachine:{name}:1
Timestream::Database {name}
Timestream::Table {name}
Transfer::Server s-{short} ServerId=s-{short}
VpcLattice::Service svc-{short} DnsEntry.DomainName={short}.example
VpcLattice::ServiceNetwork sn-{short}
VpcLattice::TargetGroup tg-{short}
"""
"""Types that do a part of an application's work: here nothing runs behind them."""
