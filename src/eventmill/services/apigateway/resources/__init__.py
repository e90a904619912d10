"""The CloudFormation types of REST APIs."""

from eventmill.services.apigateway.resources.api import REST_API
from eventmill.services.apigateway.resources.deployments import DEPLOYMENT, STAGE
from eventmill.services.apigateway.resources.methods import METHOD, RESOURCE

RESOURCES = (REST_API, RESOURCE, METHOD, DEPLOYMENT, STAGE)
