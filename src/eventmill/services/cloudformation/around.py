"""Types around an application: nothing of what it does depends on them.

Each line: the type below `AWS::`, what Ref gives, and attributes beside Arn, Id and Name. In these
`{id}` is a fresh UUID, `{short}` eight hexadecimal digits, `{name}` the resource's name.
"""

from __future__ import annotations

AROUND = """
AccessAnalyzer::Analyzer arn:aws:accessanalyzer:{region}:{account}:analyzer/{name}
ApplicationAutoScaling::ScalableTarget {name}
ApplicationAutoScaling::ScalingPolicy arn:aws:autoscaling:{region}:{account}:scalingPolicy:{id}
ApplicationInsights::Application {name}
ApplicationSignals::Discovery {account}
ApplicationSignals::ServiceLevelObjective {name}
AutoScaling::LaunchConfiguration {name}
AutoScaling::LifecycleHook {name}
AutoScaling::ScalingPolicy arn:aws:autoscaling:{region}:{account}:scalingpolicy/{name} PolicyName={name}
AutoScaling::ScheduledAction {name} ScheduledActionName={name}
Backup::BackupPlan {id} BackupPlanId={id}
Backup::BackupSelection {id} SelectionId={id}
Backup::BackupVault {name} BackupVaultName={name}
Budgets::Budget {name}
CE::AnomalyMonitor arn:aws:ce:{region}:{account}:anomalymonitor/{name} MonitorArn=arn:aws:ce:{region}:{account}:anomalymonitor/{name}
CE::AnomalySubscription arn:aws:ce:{region}:{account}:anomalysubscription/{name} SubscriptionArn=arn:aws:ce:{region}:{account}:anomalysubscription/{name} AccountId={account}
Chatbot::MicrosoftTeamsChannelConfiguration arn:aws:chatbot:{region}:{account}:microsoftteamschannelconfiguration/{name}
Chatbot::SlackChannelConfiguration {name}
CloudFormation::WaitConditionHandle https://{short}.example/wait
CloudTrail::Trail {name} SnsTopicArn=
CloudWatch::AnomalyDetector {name}
CloudWatch::Dashboard {name}
CloudWatch::InsightRule {name} RuleName={name}
CloudWatch::MetricStream {name}
CodeArtifact::Domain {name}
CodeArtifact::Repository {name}
CodeBuild::Project {name}
CodeCommit::Repository {id} CloneUrlHttp=https://{name}.example CloneUrlSsh=ssh://{name}.example
CodeDeploy::Application {name}
CodeDeploy::DeploymentConfig {name}
CodeDeploy::DeploymentGroup {name}
CodeGuruProfiler::ProfilingGroup {name}
CodeGuruReviewer::RepositoryAssociation arn:aws:codegurureviewer:{region}:{account}:repositoryassociation/{name} AssociationArn=arn:aws:codegurureviewer:{region}:{account}:repositoryassociation/{name}
CodePipeline::Pipeline {name} Version=1
CodePipeline::Webhook {name} Url=https://{name}.example
CodeStarConnections::Connection arn:aws:codestar-connections:{region}:{account}:connection/{id}
CodeStarNotifications::NotificationRule {name}
Config::ConfigRule {name} ConfigRuleId={id}
Config::ConfigurationRecorder {name}
Config::DeliveryChannel {name}
DLM::LifecyclePolicy {short} PolicyId={short}
EC2::EIPAssociation eipassoc-{short}
EC2::InstanceConnectEndpoint {short} AvailabilityZoneId={short} InstanceConnectEndpointArn=arn:aws:ec2:{region}:{account}:instanceconnectendpoint/{name} OwnerId={account}
EC2::KeyPair {name} KeyPairId=key-{short}
EC2::NetworkInterface eni-{short} PrimaryPrivateIpAddress=10.0.0.11
EC2::PrefixList pl-{short} PrefixListId=pl-{short}
EC2::SubnetCidrBlock {short}
EC2::TransitGateway tgw-{short}
EC2::TransitGatewayAttachment {short}
EC2::TransitGatewayRoute {name}
EC2::TransitGatewayRouteTable {short} TransitGatewayRouteTableId={short}
EC2::VPCEndpointService {short} ServiceId={short} PrivateDnsNameConfiguration.Name={name}
EC2::VPCPeeringConnection pcx-{short}
EC2::VPNGateway vgw-{short} VPNGatewayId=vgw-{short}
EC2::Volume vol-{short} VolumeId=vol-{short}
EC2::VolumeAttachment {name}
ECR::PublicRepository {name}
ECR::RegistryPolicy {account} RegistryId={account}
ECR::ReplicationConfiguration {account} RegistryId={account}
ECR::Repository {name} RepositoryUri={account}.dkr.ecr.{region}.amazonaws.com/{name}
ECS::CapacityProvider {name}
ECS::ClusterCapacityProviderAssociations {name}
EFS::AccessPoint fsap-{short} AccessPointId=fsap-{short} Arn=arn:aws:elasticfilesystem:{region}:{account}:access-point/fsap-{short}
EFS::FileSystem fs-{short} FileSystemId=fs-{short}
EFS::MountTarget fsmt-{short}
Events::Endpoint {name} EndpointId={short} EndpointUrl=https://{name}.example
FIS::ExperimentTemplate {short}
GuardDuty::Detector {short}
IAM::Group {name} Arn=arn:aws:iam::{account}:group/{name}
IAM::GroupPolicy {name}
IAM::InstanceProfile {name} Arn=arn:aws:iam::{account}:instance-profile/{name}
IAM::OIDCProvider arn:aws:iam::{account}:oidc-provider/{name}
IAM::RolePolicy {name}
IAM::SAMLProvider arn:aws:iam::{account}:saml-provider/{name}
IAM::ServerCertificate {name}
IAM::ServiceLinkedRole {name}
IAM::User {name} Arn=arn:aws:iam::{account}:user/{name}
IAM::UserPolicy {name}
IAM::UserToGroupAddition {name}
InspectorV2::Filter arn:aws:inspectorv2:{region}:{account}:filter/{name}
KMS::Alias {name}
KMS::Key {id} Arn=arn:aws:kms:{region}:{account}:key/{id} KeyId={id}
KMS::ReplicaKey {id} Arn=arn:aws:kms:{region}:{account}:key/{id} KeyId={id}
Logs::AccountPolicy {name} AccountId={account}
Logs::Delivery {id}
Logs::DeliveryDestination {name}
Logs::DeliverySource {name}
Logs::Destination {name}
Logs::LogAnomalyDetector arn:aws:logs:{region}:{account}:loganomalydetector/{name} AnomalyDetectorArn=arn:aws:logs:{region}:{account}:loganomalydetector/{name}
Logs::QueryDefinition {id} QueryDefinitionId={id}
Logs::Transformer {name}
NetworkFirewall::Firewall arn:aws:networkfirewall:{region}:{account}:firewall/{name} FirewallArn=arn:aws:networkfirewall:{region}:{account}:firewall/{name} FirewallId={short} TransitGatewayAttachmentId={short}
Oam::Link arn:aws:oam:{region}:{account}:link/{name}
Oam::Sink arn:aws:oam:{region}:{account}:sink/{name}
Organizations::Policy {short}
RAM::ResourceShare arn:aws:ram:{region}:{account}:resourceshare/{name} OwningAccountId={account}
RUM::AppMonitor {name}
ResourceExplorer2::Index arn:aws:resourceexplorer2:{region}:{account}:index/{name}
ResourceGroups::Group {name}
Route53::DNSSEC {name}
Route53::KeySigningKey {name}
Route53Resolver::ResolverEndpoint {short} ResolverEndpointId={short}
Route53Resolver::ResolverRule {short} ResolverRuleId={short}
Route53Resolver::ResolverRuleAssociation {short} ResolverRuleAssociationId={short}
S3::AccessPoint {name} Alias={name}-s3alias
S3::StorageLens {name}
S3::StorageLensGroup {name} StorageLensGroupArn=arn:aws:s3:{region}:{account}:storagelensgroup/{name}
SSM::Association {id} AssociationId={id}
SSM::Document {name}
SSM::MaintenanceWindow mw-{short}
SSM::MaintenanceWindowTarget {name} WindowTargetId={short}
SSM::MaintenanceWindowTask {name} WindowTaskId={short}
SSM::PatchBaseline {short}
SSMIncidents::ReplicationSet arn:aws:ssmincidents:{region}:{account}:replicationset/{name}
SSMIncidents::ResponsePlan arn:aws:ssmincidents:{region}:{account}:responseplan/{name}
SSO::Assignment {name}
SSO::PermissionSet {name} PermissionSetArn=arn:aws:sso:{region}:{account}:permissionset/{name}
SecurityHub::Hub arn:aws:securityhub:{region}:{account}:hub/{name}
ServiceCatalogAppRegistry::Application {id}
ServiceCatalogAppRegistry::ResourceAssociation {id}
ServiceDiscovery::HttpNamespace ns-{short}
ServiceDiscovery::Instance {name}
ServiceDiscovery::PrivateDnsNamespace ns-{short}
ServiceDiscovery::PublicDnsNamespace {short}
ServiceDiscovery::Service srv-{short}
Shield::Protection arn:aws:shield:{region}:{account}:protection/{name} ProtectionId={short} ProtectionArn=arn:aws:shield:{region}:{account}:protection/{name}
Signer::ProfilePermission {name}
Signer::SigningProfile arn:aws:signer:{region}:{account}:signingprofile/{name} ProfileName={name} ProfileVersionArn=arn:aws:signer:{region}:{account}:signingprofile/{name}
Synthetics::Canary {name} State=READY
WAFRegional::WebACL {id}
WAFRegional::WebACLAssociation {id}
WAFv2::IPSet {name}
WAFv2::LoggingConfiguration {name}
WAFv2::RegexPatternSet {name}
WAFv2::RuleGroup {name}
WAFv2::WebACL {name} Capacity=1
WAFv2::WebACLAssociation {name}
XRay::Group {name} GroupARN=arn:aws:xray:{region}:{account}:group/default/{name}
XRay::ResourcePolicy {name}
XRay::SamplingRule {name} RuleARN=arn:aws:xray:{region}:{account}:sampling-rule/{name}
"""
