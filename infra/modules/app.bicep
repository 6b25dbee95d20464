metadata description = 'The Functions app on the Flex Consumption plan.'

param name string
param location string
param tags object
param identityId string
param pythonVersion string
param instanceMemoryMB int
param maximumInstances int

@description('Where deployments are kept, as URL of a container of the app\'s own storage.')
param packageContainerUrl string

@description('Empty: the app is in no network.')
param subnetId string

@description('Empty: everybody who has a key may call.')
param allowedAddresses array

@description('All app settings, by name.')
@secure()
param settings object

resource plan 'Microsoft.Web/serverfarms@2023-12-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

// Event Grid delivers from the internet, so the app cannot be closed to it altogether.
var eventGrid = [
  {
    name: 'event-grid'
    action: 'Allow'
    priority: 100
    tag: 'ServiceTag'
    ipAddress: 'AzureEventGrid'
  }
]
var callers = [for (address, number) in allowedAddresses: {
  name: 'caller-${number}'
  action: 'Allow'
  priority: 200 + number
  ipAddress: address
}]
var restricted = !empty(allowedAddresses)

resource app 'Microsoft.Web/sites@2023-12-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'relay' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstances
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      remoteDebuggingEnabled: false
      ipSecurityRestrictionsDefaultAction: restricted ? 'Deny' : 'Allow'
      ipSecurityRestrictions: restricted ? concat(eventGrid, callers) : []
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: app
  name: 'appsettings'
  properties: settings
}

// Publishing goes with the publisher's own identity, never with a password.
resource passwords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2023-12-01' = [for door in ['ftp', 'scm']: {
  parent: app
  name: door
  properties: {
    allow: false
  }
}]

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
