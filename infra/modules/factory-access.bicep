metadata description = 'What the app may do in the Data Factory.'

@description('The factory, of the same resource group.')
param factoryName string

@description('`custom` is the narrowest role that can be made; `contributor` is the built-in Data Factory Contributor.')
@allowed([
  'custom'
  'contributor'
])
param role string

// Azure refuses a role that names an action which no provider publishes, and the one behind airflow/sync is not published.
// By ARM's rule for a POST it ends in /action, so the wildcard is accepted and covers it; what else it covers and is
// published is taken away again below. Where this is not enough, ARM's refusal names the action, and the relay shows it.
@description('The action behind airflow/sync.')
@minLength(1)
param syncAction string

@description('ARM id of the app\'s identity; it makes the name of the role assignment.')
param identityId string

@description('Principal id of the same identity.')
param appPrincipalId string

var roles = loadJsonContent('../roles.json')
var custom = role == 'custom'

resource factory 'Microsoft.DataFactory/factories@2018-06-01' existing = {
  name: factoryName
}

resource relayRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (custom) {
  name: guid(factory.id, 'dag-relay')
  properties: {
    roleName: 'DAG Relay (${factoryName}, ${resourceGroup().name})'
    description: 'Import DAG files into Airflow environments, and create, change, start, stop and delete environments.'
    type: 'CustomRole'
    assignableScopes: [
      resourceGroup().id
    ]
    permissions: [
      {
        actions: [
          'Microsoft.DataFactory/factories/read'
          'Microsoft.DataFactory/factories/operationResults/read'
          'Microsoft.DataFactory/factories/integrationruntimes/read'
          'Microsoft.DataFactory/factories/integrationruntimes/write'
          'Microsoft.DataFactory/factories/integrationruntimes/delete'
          'Microsoft.DataFactory/factories/integrationruntimes/start/action'
          'Microsoft.DataFactory/factories/integrationruntimes/stop/action'
          syncAction
        ]
        notActions: [
          'Microsoft.DataFactory/factories/addDataFlowToDebugSession/action'
          'Microsoft.DataFactory/factories/cancelSandboxPipelineRun/action'
          'Microsoft.DataFactory/factories/cancelpipelinerun/action'
          'Microsoft.DataFactory/factories/debugpipelineruns/*'
          'Microsoft.DataFactory/factories/deletedataflowdebugsession/action'
          'Microsoft.DataFactory/factories/executeDataFlowDebugCommand/action'
          'Microsoft.DataFactory/factories/getDataPlaneAccess/action'
          'Microsoft.DataFactory/factories/getGitHubAccessToken/action'
          'Microsoft.DataFactory/factories/integrationruntimes/createexpressshirinstalllink/action'
          'Microsoft.DataFactory/factories/integrationruntimes/disableInteractiveQuery/action'
          'Microsoft.DataFactory/factories/integrationruntimes/enableInteractiveQuery/action'
          'Microsoft.DataFactory/factories/integrationruntimes/getObjectMetadata/action'
          'Microsoft.DataFactory/factories/integrationruntimes/getconnectioninfo/action'
          'Microsoft.DataFactory/factories/integrationruntimes/linkedIntegrationRuntime/action'
          'Microsoft.DataFactory/factories/integrationruntimes/listauthkeys/action'
          'Microsoft.DataFactory/factories/integrationruntimes/nodes/*'
          'Microsoft.DataFactory/factories/integrationruntimes/refreshObjectMetadata/action'
          'Microsoft.DataFactory/factories/integrationruntimes/regenerateauthkey/action'
          'Microsoft.DataFactory/factories/integrationruntimes/removelinks/action'
          'Microsoft.DataFactory/factories/integrationruntimes/synccredentials/action'
          'Microsoft.DataFactory/factories/integrationruntimes/upgrade/action'
          'Microsoft.DataFactory/factories/pipelineruns/*'
          'Microsoft.DataFactory/factories/pipelines/*'
          'Microsoft.DataFactory/factories/privateEndpointConnectionProxies/*'
          'Microsoft.DataFactory/factories/querydataflowdebugsessions/action'
          'Microsoft.DataFactory/factories/querydebugpipelineruns/action'
          'Microsoft.DataFactory/factories/querypipelineruns/action'
          'Microsoft.DataFactory/factories/querytriggerruns/action'
          'Microsoft.DataFactory/factories/querytriggers/action'
          'Microsoft.DataFactory/factories/sandboxpipelineruns/action'
          'Microsoft.DataFactory/factories/triggers/*'
        ]
      }
    ]
  }
}

var contributorId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.dataFactoryContributor)

resource mayCall 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(factory.id, identityId, role)
  scope: factory
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: custom ? relayRole.id : contributorId
  }
}
