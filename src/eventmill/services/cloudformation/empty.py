"""Types that do a part of an application's work: here nothing runs behind them.

Each line: the type below `AWS::`, what Ref gives, and attributes beside Arn, Id and Name. In these
`{id}` is a fresh UUID, `{short}` eight hexadecimal digits, `{name}` the resource's name,
`{secret}` the secret that it belongs to.
"""

from __future__ import annotations

EMPTY = """
APS::Workspace arn:aws:aps:{region}:{account}:workspace/{name} WorkspaceId={short} PrometheusEndpoint={name}.example
AmazonMQ::Broker {id} AmqpEndpoints=amqps://{name}.example:5671 OpenWireEndpoints=ssl://{name}.example:61617
AmazonMQ::Configuration {id} Revision=1
AmazonMQ::ConfigurationAssociation {id}
Amplify::App arn:aws:amplify:{region}:{account}:app/{name} AppId={short} AppName={name} DefaultDomain={name}.example
Amplify::Branch arn:aws:amplify:{region}:{account}:branch/{name}
Amplify::Domain arn:aws:amplify:{region}:{account}:domain/{name}
AmplifyUIBuilder::Component {name}
AppConfig::Application {short} ApplicationId={short}
AppConfig::ConfigurationProfile {short} ConfigurationProfileId={short}
AppConfig::Deployment {short}
AppConfig::DeploymentStrategy {short}
AppConfig::Environment {short} EnvironmentId={short}
AppConfig::Extension {short}
AppConfig::ExtensionAssociation {short} ResourceArn=arn:aws:appconfig:{region}:{account}:extensionassociation/{name} ExtensionArn=arn:aws:appconfig:{region}:{account}:extensionassociation/{name}
AppConfig::HostedConfigurationVersion 1
AppRunner::Service arn:aws:apprunner:{region}:{account}:service/{name} ServiceArn=arn:aws:apprunner:{region}:{account}:service/{name} ServiceId={short} ServiceUrl=https://{name}.example
AppRunner::VpcConnector arn:aws:apprunner:{region}:{account}:vpcconnector/{name} VpcConnectorArn=arn:aws:apprunner:{region}:{account}:vpcconnector/{name}
AppSync::Api arn:aws:appsync:{region}:{account}:apis/{short} ApiId={short} ApiArn=arn:aws:appsync:{region}:{account}:apis/{short} Dns.Http={name}.example Dns.Realtime={name}.example
AppSync::ApiCache {short}
AppSync::ApiKey {id} ApiKey=da2-{short}
AppSync::ChannelNamespace arn:aws:appsync:{region}:{account}:channelnamespace/{name} ChannelNamespaceArn=arn:aws:appsync:{region}:{account}:channelnamespace/{name}
AppSync::DataSource {id}
AppSync::DomainName {name} AppSyncDomainName={name}.example DomainNameArn=arn:aws:appsync:{region}:{account}:domainname/{name}
AppSync::DomainNameApiAssociation {name}
AppSync::FunctionConfiguration {id} FunctionId={short}
AppSync::GraphQLApi {id} ApiId={short} GraphQLUrl=https://{short}.example/graphql
AppSync::GraphQLSchema {id}
AppSync::Resolver {id}
AppSync::SourceApiAssociation arn:aws:appsync:{region}:{account}:sourceapiassociation/{name} AssociationId={short} AssociationArn=arn:aws:appsync:{region}:{account}:sourceapiassociation/{name} MergedApiId={short} MergedApiArn=arn:aws:appsync:{region}:{account}:sourceapiassociation/{name}
Athena::DataCatalog {name}
Athena::NamedQuery {id} NamedQueryId={id}
Athena::PreparedStatement {name}
Athena::WorkGroup {name}
AutoScaling::AutoScalingGroup {name}
Batch::ComputeEnvironment {name} ComputeEnvironmentArn=arn:aws:batch:{region}:{account}:compute-environment/{name}
Batch::JobDefinition arn:aws:batch:{region}:{account}:job-definition/{name}:1
Batch::JobQueue {name} JobQueueArn=arn:aws:batch:{region}:{account}:job-queue/{name}
Bedrock::Agent {short} AgentId={short} AgentArn=arn:aws:bedrock:{region}:{account}:agent/{short}
Bedrock::AgentAlias {short} AgentAliasId={short}
Bedrock::ApplicationInferenceProfile {name} InferenceProfileArn=arn:aws:bedrock:{region}:{account}:applicationinferenceprofile/{name} InferenceProfileId={short}
Bedrock::DataAutomationProject arn:aws:bedrock:{region}:{account}:dataautomationproject/{name} ProjectArn=arn:aws:bedrock:{region}:{account}:dataautomationproject/{name}
Bedrock::DataSource {short} DataSourceId={short}
Bedrock::Flow arn:aws:bedrock:{region}:{account}:flow/{name}
Bedrock::FlowAlias {name} FlowId={short}
Bedrock::FlowVersion {name} FlowId={short}
Bedrock::Guardrail {short} GuardrailId={short} GuardrailArn=arn:aws:bedrock:{region}:{account}:guardrail/{short}
Bedrock::GuardrailVersion {name} GuardrailArn=arn:aws:bedrock:{region}:{account}:guardrailversion/{name} GuardrailId={short}
Bedrock::KnowledgeBase {short} KnowledgeBaseId={short}
Bedrock::Prompt arn:aws:bedrock:{region}:{account}:prompt/{name}
Bedrock::PromptVersion arn:aws:bedrock:{region}:{account}:promptversion/{name} PromptId={short}
BedrockAgentCore::BrowserCustom {short} BrowserId={short} BrowserArn=arn:aws:bedrockagentcore:{region}:{account}:browsercustom/{name}
BedrockAgentCore::CodeInterpreterCustom {short} CodeInterpreterId={short} CodeInterpreterArn=arn:aws:bedrockagentcore:{region}:{account}:codeinterpretercustom/{name}
BedrockAgentCore::Gateway {name} GatewayArn=arn:aws:bedrockagentcore:{region}:{account}:gateway/{name} GatewayUrl=https://{name}.example
BedrockAgentCore::GatewayTarget {name} GatewayArn=arn:aws:bedrockagentcore:{region}:{account}:gatewaytarget/{name} TargetId={short}
BedrockAgentCore::Memory arn:aws:bedrockagentcore:{region}:{account}:memory/{name} MemoryArn=arn:aws:bedrockagentcore:{region}:{account}:memory/{name} MemoryId={short}
BedrockAgentCore::Runtime {short} AgentRuntimeArn=arn:aws:bedrockagentcore:{region}:{account}:runtime/{name} AgentRuntimeId={short}
BedrockAgentCore::RuntimeEndpoint arn:aws:bedrockagentcore:{region}:{account}:runtimeendpoint/{name} AgentRuntimeEndpointArn=arn:aws:bedrockagentcore:{region}:{account}:runtimeendpoint/{name} AgentRuntimeArn=arn:aws:bedrockagentcore:{region}:{account}:runtimeendpoint/{name}
BedrockAgentCore::WorkloadIdentity {name} WorkloadIdentityArn=arn:aws:bedrockagentcore:{region}:{account}:workloadidentity/{name}
CloudFormation::Macro {name}
CloudFormation::StackSet {short} StackSetId={short}
CloudFormation::WaitCondition {name} Data={{}}
CloudFront::CachePolicy {id}
CloudFront::CloudFrontOriginAccessIdentity {short} S3CanonicalUserId={id}
CloudFront::Distribution {short} DomainName={short}.cloudfront.net
CloudFront::Function {name} FunctionARN=arn:aws:cloudfront::{account}:function/{name}
CloudFront::KeyGroup {short}
CloudFront::KeyValueStore {name}
CloudFront::OriginAccessControl {short}
CloudFront::OriginRequestPolicy {id}
CloudFront::PublicKey {short}
CloudFront::RealtimeLogConfig arn:aws:cloudfront:{region}:{account}:realtimelogconfig/{name}
CloudFront::ResponseHeadersPolicy {id}
CloudFront::VpcOrigin {short} AccountId={account}
CloudWatch::CompositeAlarm {name} Arn=arn:aws:cloudwatch:{region}:{account}:alarm:{name}
Cognito::IdentityPool {region}:{id}
Cognito::IdentityPoolRoleAttachment {id}
Cognito::LogDeliveryConfiguration {short}
Cognito::ManagedLoginBranding {name} ManagedLoginBrandingId={short}
Cognito::UserPool {region}_{short} Arn=arn:aws:cognito-idp:{region}:{account}:userpool/{region}_{short} ProviderName=cognito-idp.{region}.amazonaws.com/{region}_{short} ProviderURL=https://cognito-idp.{region}.amazonaws.com/{region}_{short} UserPoolId={region}_{short}
Cognito::UserPoolClient {short} ClientId={short} ClientSecret={id}
Cognito::UserPoolDomain {name} CloudFrontDistribution={short}.cloudfront.net
Cognito::UserPoolGroup {name}
Cognito::UserPoolIdentityProvider {name}
Cognito::UserPoolResourceServer {name}
Cognito::UserPoolRiskConfigurationAttachment {name}
Cognito::UserPoolUICustomizationAttachment {name}
Cognito::UserPoolUser {name}
Cognito::UserPoolUserToGroupAttachment {name}
Connect::ContactFlow arn:aws:connect:{region}:{account}:contactflow/{name} ContactFlowArn=arn:aws:connect:{region}:{account}:contactflow/{name}
Connect::Instance arn:aws:connect:{region}:{account}:instance/{name}
Connect::IntegrationAssociation {name} IntegrationAssociationId={short}
Connect::PhoneNumber arn:aws:connect:{region}:{account}:phonenumber/{name} PhoneNumberArn=arn:aws:connect:{region}:{account}:phonenumber/{name} Address={name}.example
DAX::Cluster {name} ClusterDiscoveryEndpoint={name}.example:8111
DAX::SubnetGroup {name}
DMS::Endpoint arn:aws:dms:{region}:{account}:endpoint/{name} EndpointArn=arn:aws:dms:{region}:{account}:endpoint/{name}
DMS::ReplicationInstance {short}
DMS::ReplicationSubnetGroup {name}
DMS::ReplicationTask arn:aws:dms:{region}:{account}:replicationtask/{name} ReplicationTaskArn=arn:aws:dms:{region}:{account}:replicationtask/{name}
DSQL::Cluster {name} ResourceArn=arn:aws:dsql:{region}:{account}:cluster/{name} Endpoint={name}.example VpcEndpoint={name}.example
DataBrew::Dataset {name}
DataBrew::Job {name}
DataBrew::Recipe {name}
DocDB::DBCluster {name} Endpoint={name}.example Port=27017 ClusterResourceId=cluster-{short} ReadEndpoint={name}.example
DocDB::DBInstance {name} Endpoint={name}.example Port=27017
DocDB::DBSubnetGroup {name}
EC2::Instance i-{short} PrivateIp=10.0.0.10 PublicIp=198.18.0.10 PrivateDnsName={short}.example PublicDnsName={short}.example AvailabilityZone={region}a
EC2::LaunchTemplate lt-{short} LatestVersionNumber=1 DefaultVersionNumber=1
ECS::Cluster {name}
ECS::Service arn:aws:ecs:{region}:{account}:service/{name} ServiceArn=arn:aws:ecs:{region}:{account}:service/{name}
ECS::TaskDefinition arn:aws:ecs:{region}:{account}:task-definition/{name}:1 TaskDefinitionArn=arn:aws:ecs:{region}:{account}:task-definition/{name}:1
EKS::Addon {name}
EKS::Cluster {name} Endpoint=https://{name}.example
EKS::FargateProfile {name}
EKS::Nodegroup {short}
EMR::Cluster j-{short} MasterPublicDNS={name}.example
EMRServerless::Application {short} ApplicationId={short}
ElastiCache::CacheCluster {name} RedisEndpoint.Address={name}.example RedisEndpoint.Port=6379
ElastiCache::ParameterGroup {name}
ElastiCache::ReplicationGroup {name} PrimaryEndPoint.Address={name}.example PrimaryEndPoint.Port=6379 ReaderEndPoint.Address={name}.example
ElastiCache::ServerlessCache {name} Endpoint.Address={name}.example Endpoint.Port=6379
ElastiCache::SubnetGroup {name}
ElasticBeanstalk::Application {name}
ElasticBeanstalk::Environment {name} EndpointURL=https://{name}.example
ElasticLoadBalancing::LoadBalancer {name} DNSName={name}.example
Elasticsearch::Domain {name} DomainEndpoint={name}.example
FSx::FileSystem fs-{short} DNSName={name}.example
FSx::StorageVirtualMachine {short} StorageVirtualMachineId={short}
FSx::Volume {short} VolumeId={short}
Glue::Classifier {name}
Glue::Connection {name}
Glue::Crawler {name}
Glue::Database {name}
Glue::Job {name}
Glue::MLTransform {short} TransformId={short}
Glue::Partition {name}
Glue::Registry arn:aws:glue:{region}:{account}:registry/{name}
Glue::Schema arn:aws:glue:{region}:{account}:schema/{name} InitialSchemaVersionId={id}
Glue::SchemaVersion {short} VersionId={short}
Glue::SecurityConfiguration {name}
Glue::Table {name}
Glue::Trigger {name}
Glue::Workflow {name}
Grafana::Workspace {short} Endpoint={name}.example
IAM::AccessKey AKIA{short} SecretAccessKey={id}
IVS::Channel arn:aws:ivs:{region}:{account}:channel/{name} PlaybackUrl=https://{name}.example IngestEndpoint={name}.example
IVS::StreamKey arn:aws:ivs:{region}:{account}:streamkey/{name}
ImageBuilder::ImagePipeline arn:aws:imagebuilder:{region}:{account}:imagepipeline/{name}
IoT::Authorizer {name}
IoT::Certificate {id} Arn=arn:aws:iot:{region}:{account}:cert/{id}
IoT::DomainConfiguration {name}
IoT::Policy {name}
IoT::PolicyPrincipalAttachment {name}
IoT::ProvisioningTemplate {name} TemplateArn=arn:aws:iot:{region}:{account}:provisioningtemplate/{name}
IoT::RoleAlias {name} RoleAliasArn=arn:aws:iot:{region}:{account}:rolealias/{name}
IoT::Thing {name}
IoT::ThingGroup {name}
IoT::ThingPrincipalAttachment {name}
IoT::ThingType {name}
IoT::TopicRule {name} Arn=arn:aws:iot:{region}:{account}:rule/{name}
IoT::TopicRuleDestination arn:aws:iot:{region}:{account}:topicruledestination/{name}
IoTAnalytics::Channel {name}
IoTAnalytics::Dataset {name}
IoTAnalytics::Datastore {name}
IoTAnalytics::Pipeline {name}
IoTEvents::DetectorModel {name}
IoTEvents::Input {name}
KafkaConnect::Connector arn:aws:kafkaconnect:{region}:{account}:connector/{name} ConnectorArn=arn:aws:kafkaconnect:{region}:{account}:connector/{name}
KafkaConnect::CustomPlugin arn:aws:kafkaconnect:{region}:{account}:customplugin/{name} CustomPluginArn=arn:aws:kafkaconnect:{region}:{account}:customplugin/{name}
Kendra::DataSource {name}
Kendra::Faq {name}
Kendra::Index {short}
KinesisAnalytics::Application {short}
KinesisAnalyticsV2::Application {name}
KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption {short}
KinesisFirehose::DeliveryStream {name} Arn=arn:aws:firehose:{region}:{account}:deliverystream/{name}
KinesisVideo::Stream {name}
LakeFormation::DataLakeSettings {id}
LakeFormation::PrincipalPermissions {id}
Lex::Bot {short}
Lex::BotAlias {short} BotAliasId={short}
Lex::BotVersion 1
Location::APIKey {name}
Location::GeofenceCollection {name} CollectionArn=arn:aws:location:{region}:{account}:geofencecollection/{name}
Location::Map {name} MapName={name}
Location::PlaceIndex {name} IndexName={name}
Location::RouteCalculator {name} CalculatorArn=arn:aws:location:{region}:{account}:routecalculator/{name}
Location::Tracker {name} TrackerArn=arn:aws:location:{region}:{account}:tracker/{name}
Location::TrackerConsumer {name}
MSK::BatchScramSecret {name}
MSK::Cluster arn:aws:kafka:{region}:{account}:cluster/{name}/{id}-2
MSK::ClusterPolicy {name}
MSK::Configuration arn:aws:kafka:{region}:{account}:configuration/{name}/{id}
MSK::Replicator arn:aws:msk:{region}:{account}:replicator/{name} ReplicatorArn=arn:aws:msk:{region}:{account}:replicator/{name}
MSK::ServerlessCluster arn:aws:kafka:{region}:{account}:cluster/{name}/{id}-s1
MSK::VpcConnection arn:aws:msk:{region}:{account}:vpcconnection/{name}
MWAA::Environment {name} WebserverUrl=https://{name}.example
Macie::Session {account}
MediaConvert::JobTemplate {name}
MediaConvert::Preset {name}
MediaConvert::Queue {name}
MediaLive::Channel {short}
MediaLive::Input {short}
MemoryDB::ACL {name}
MemoryDB::Cluster {name} ClusterEndpoint.Address={name}.example ClusterEndpoint.Port=443
MemoryDB::SubnetGroup {name}
MemoryDB::User {name}
Neptune::DBCluster {name} Endpoint={name}.example Port=8182
Neptune::DBInstance {name} Endpoint={name}.example Port=8182
Neptune::DBSubnetGroup {name}
OSIS::Pipeline arn:aws:osis:{region}:{account}:pipeline/{name} PipelineArn=arn:aws:osis:{region}:{account}:pipeline/{name}
OpenSearchServerless::AccessPolicy {name}
OpenSearchServerless::Collection {short} CollectionEndpoint=https://{short}.example
OpenSearchServerless::LifecyclePolicy {name}
OpenSearchServerless::SecurityPolicy {name}
OpenSearchServerless::VpcEndpoint {short}
OpenSearchService::Domain {name} DomainEndpoint={name}.example Arn=arn:aws:es:{region}:{account}:domain/{name} DomainArn=arn:aws:es:{region}:{account}:domain/{name}
Personalize::Dataset arn:aws:personalize:{region}:{account}:dataset/{name} DatasetArn=arn:aws:personalize:{region}:{account}:dataset/{name}
Personalize::DatasetGroup arn:aws:personalize:{region}:{account}:datasetgroup/{name} DatasetGroupArn=arn:aws:personalize:{region}:{account}:datasetgroup/{name}
Personalize::Schema arn:aws:personalize:{region}:{account}:schema/{name} SchemaArn=arn:aws:personalize:{region}:{account}:schema/{name}
Pinpoint::App {short} ApplicationId={short}
QBusiness::Application {short} ApplicationArn=arn:aws:qbusiness:{region}:{account}:application/{name} ApplicationId={short}
QBusiness::DataSource {name} DataSourceArn=arn:aws:qbusiness:{region}:{account}:datasource/{name} DataSourceId={short}
QBusiness::Index {name} IndexArn=arn:aws:qbusiness:{region}:{account}:index/{name} IndexId={short}
QBusiness::Retriever {name} RetrieverArn=arn:aws:qbusiness:{region}:{account}:retriever/{name} RetrieverId={short}
QLDB::Ledger {name}
QLDB::Stream {name}
QuickSight::DataSet {name}
QuickSight::DataSource {name}
RDS::DBCluster {name} Endpoint.Address={name}.example Endpoint.Port=3306 ReadEndpoint.Address={name}.example DBClusterArn=arn:aws:rds:{region}:{account}:cluster:{name} DBClusterResourceId=cluster-{short} MasterUserSecret.SecretArn=arn:aws:secretsmanager:{region}:{account}:secret:{name}-{short}
RDS::DBClusterParameterGroup {name}
RDS::DBInstance {name} Endpoint.Address={name}.example Endpoint.Port=3306 DBInstanceArn=arn:aws:rds:{region}:{account}:db:{name} DbiResourceId=db-{short} MasterUserSecret.SecretArn=arn:aws:secretsmanager:{region}:{account}:secret:{name}-{short}
RDS::DBParameterGroup {name}
RDS::DBProxy {name} Endpoint={name}.example DBProxyArn=arn:aws:rds:{region}:{account}:db-proxy:{short}
RDS::DBProxyTargetGroup {name} TargetGroupArn=arn:aws:rds:{region}:{account}:target-group:{short}
RDS::DBSecurityGroup {short}
RDS::DBSubnetGroup {name}
RDS::EventSubscription {name}
RDS::GlobalCluster {name} GlobalEndpoint={name}.example
RDS::OptionGroup {name}
Redshift::Cluster {name} Endpoint.Address={name}.example Endpoint.Port=5439
RedshiftServerless::Namespace {name}
RedshiftServerless::Workgroup {name}
Rekognition::Collection {name}
Rekognition::Project {name}
Rekognition::StreamProcessor {name}
S3Express::BucketPolicy {name}
S3Express::DirectoryBucket {name} AvailabilityZoneName={name}
S3ObjectLambda::AccessPoint {name} Alias.Value={name}-ol-s3
S3ObjectLambda::AccessPointPolicy {name}
S3Tables::Namespace {name}
S3Tables::Table arn:aws:s3tables:{region}:{account}:table/{name}
S3Tables::TableBucket arn:aws:s3tables:{region}:{account}:tablebucket/{name}
S3Tables::TableBucketPolicy {name}
S3Vectors::Index arn:aws:s3vectors:{region}:{account}:index/{name} IndexArn=arn:aws:s3vectors:{region}:{account}:index/{name}
S3Vectors::VectorBucket arn:aws:s3vectors:{region}:{account}:vectorbucket/{name} VectorBucketArn=arn:aws:s3vectors:{region}:{account}:vectorbucket/{name}
SDB::Domain {name}
SageMaker::Domain {short} DomainArn=arn:aws:sagemaker:{region}:{account}:domain/{name} Url=https://{name}.example DomainId={short}
SageMaker::Endpoint arn:aws:sagemaker:{region}:{account}:endpoint/{name} EndpointName={name}
SageMaker::EndpointConfig arn:aws:sagemaker:{region}:{account}:endpoint-config/{name} EndpointConfigName={name}
SageMaker::FeatureGroup {name}
SageMaker::Model arn:aws:sagemaker:{region}:{account}:model/{name} ModelName={name}
SageMaker::NotebookInstance arn:aws:sagemaker:{region}:{account}:notebookinstance/{name} NotebookInstanceArn=arn:aws:sagemaker:{region}:{account}:notebookinstance/{name}
SageMaker::Pipeline {name}
SageMaker::UserProfile {name} UserProfileArn=arn:aws:sagemaker:{region}:{account}:userprofile/{name}
SecretsManager::SecretTargetAttachment {secret}
StepFunctions::Activity arn:aws:states:{region}:{account}:activity:{name}
StepFunctions::StateMachine arn:aws:states:{region}:{account}:stateMachine:{name} StateMachineRevisionId=INITIAL
StepFunctions::StateMachineAlias arn:aws:states:{region}:{account}:stateMachine:{name}
StepFunctions::StateMachineVersion arn:aws:states:{region}:{account}:stateMachine:{name}:1
Timestream::Database {name}
Timestream::InfluxDBInstance {short} Endpoint={name}.example InfluxAuthParametersSecretArn=arn:aws:timestream:{region}:{account}:influxdbinstance/{name}
Timestream::ScheduledQuery arn:aws:timestream:{region}:{account}:scheduledquery/{name} SQName={name} SQKmsKeyId={short}
Timestream::Table {name}
Transfer::Server s-{short} ServerId=s-{short}
Transfer::User arn:aws:transfer:{region}:{account}:user/{name}
Transfer::Workflow {short} WorkflowId={short}
VerifiedPermissions::IdentitySource {name} IdentitySourceId={short}
VerifiedPermissions::Policy {name} PolicyId={short}
VerifiedPermissions::PolicyStore {short} PolicyStoreId={short}
VerifiedPermissions::PolicyTemplate {name} PolicyTemplateId={short}
VpcLattice::AuthPolicy {name}
VpcLattice::Listener arn:aws:vpclattice:{region}:{account}:listener/{name} ServiceArn=arn:aws:vpclattice:{region}:{account}:listener/{name} ServiceId={short}
VpcLattice::Rule arn:aws:vpclattice:{region}:{account}:rule/{name}
VpcLattice::Service svc-{short} DnsEntry.DomainName={short}.example
VpcLattice::ServiceNetwork sn-{short}
VpcLattice::ServiceNetworkServiceAssociation arn:aws:vpclattice:{region}:{account}:servicenetworkserviceassociation/{name} DnsEntry.DomainName={name}.example ServiceNetworkArn=arn:aws:vpclattice:{region}:{account}:servicenetworkserviceassociation/{name} ServiceNetworkId={short} ServiceNetworkName={name} ServiceArn=arn:aws:vpclattice:{region}:{account}:servicenetworkserviceassociation/{name} ServiceId={short} ServiceName={name}
VpcLattice::ServiceNetworkVpcAssociation arn:aws:vpclattice:{region}:{account}:servicenetworkvpcassociation/{name} ServiceNetworkArn=arn:aws:vpclattice:{region}:{account}:servicenetworkvpcassociation/{name} ServiceNetworkId={short} ServiceNetworkName={name}
VpcLattice::TargetGroup tg-{short}
Wisdom::Assistant {short} AssistantId={short} AssistantArn=arn:aws:wisdom:{region}:{account}:assistant/{name}
Wisdom::KnowledgeBase {short} KnowledgeBaseId={short} KnowledgeBaseArn=arn:aws:wisdom:{region}:{account}:knowledgebase/{name}
XRay::TransactionSearchConfig {account}
"""
