metadata description = 'The Functions app on the Flex Consumption plan.'

import { AlwaysReady, Tags } from '../types.bicep'

@description('Name of the app.')
param name string

@description('Region of the app.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('ARM id of the user-assigned identity that the app runs as.')
param identityId string

@description('Version of Python.')
param pythonVersion string

@description('Memory of an instance.')
param instanceMemoryMB int

@description('The plan never runs more instances than this.')
param maximumInstances int

@description('HTTP requests that an instance deals with at once.')
param httpConcurrency int

@description('Instances that are kept running.')
param alwaysReady AlwaysReady[]

@description('Where deployments are kept, as URL of a container of the app\'s own storage.')
param packageContainerUrl string

@description('Empty: the app is in no network.')
param subnetId string

@description('CIDR blocks that may call the app. Empty: every caller that has a key.')
param allowedAddresses string[]

@description('All app settings; in place of a secret stands where it is kept.')
param settings { *: string }

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
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
var eventGrid = {
  name: 'event-grid'
  action: 'Allow'
  priority: 100
  tag: 'ServiceTag'
  ipAddress: 'AzureEventGrid'
}
var callers = [for (address, number) in allowedAddresses: {
  name: 'caller-${number}'
  action: 'Allow'
  priority: 200 + number
  ipAddress: address
}]
var restricted = !empty(allowedAddresses)

resource app 'Microsoft.Web/sites@2025-03-01' = {
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
        alwaysReady: alwaysReady
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      remoteDebuggingEnabled: false
      ipSecurityRestrictionsDefaultAction: restricted ? 'Deny' : 'Allow'
      ipSecurityRestrictions: restricted ? concat([eventGrid], callers) : []
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: settings
}

// Publishing goes with the publisher's own identity, never with a password.
resource ftpPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scmPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

@description('ARM id of the app.')
output id string = app.id

@description('Its address.')
output url string = 'https://${app.properties.defaultHostName}'
