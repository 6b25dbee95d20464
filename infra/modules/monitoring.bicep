metadata description = 'Application Insights, which takes telemetry from the app\'s identity only.'

import { Tags } from '../types.bicep'

@description('What the names are made from.')
param name string

@description('Region of both.')
param location string

@description('Tags of both.')
param tags Tags

@description('ARM id of the app\'s identity; it makes the name of the role assignment.')
param identityId string

@description('Principal id of the same identity.')
param appPrincipalId string

var roles = loadJsonContent('../roles.json')

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: 'log-${name}'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${name}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource appAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identityId, roles.monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringMetricsPublisher)
  }
}

@description('ARM id of Application Insights.')
output insightsId string = insights.id

@description('Where telemetry goes; no secret, since local authentication is off.')
output connectionString string = insights.properties.ConnectionString
