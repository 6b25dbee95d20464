metadata description = 'The app\'s own storage: the host\'s state, the relay\'s wake-ups and state, the package, dead letters.'

import { Tags } from '../types.bicep'

@description('Name of the account.')
param name string

@description('Region of the account.')
param location string

@description('Tags of the account.')
param tags Tags

@description('true closes the account to the internet; Event Grid still gets in, to leave its dead letters.')
param closed bool

@description('ARM id of the app\'s identity; it makes the names of the role assignments.')
param identityId string

@description('Principal id of the same identity.')
param appPrincipalId string

@description('ARM id of the event topic, which may write dead letters; likewise.')
param topicId string

@description('Principal id of the topic\'s identity.')
param topicPrincipalId string

var roles = loadJsonContent('../roles.json')
var packages = 'packages'
var deadLetters = 'dead-letters'

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: closed ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource packageContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: packages
}

resource deadLetterContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: deadLetters
}

// Blobs and queues: the host and the relay. Tables: the host's diagnostic events, which the portal shows.
var appRoles = [
  roles.storageBlobDataOwner
  roles.storageQueueDataContributor
  roles.storageTableDataContributor
]

resource appAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in appRoles: {
  name: guid(account.id, identityId, role)
  scope: account
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}]

resource topicAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(deadLetterContainer.id, topicId, roles.storageBlobDataContributor)
  scope: deadLetterContainer
  properties: {
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

@description('ARM id of the account.')
output id string = account.id

@description('Address of its blobs.')
output blobUrl string = account.properties.primaryEndpoints.blob

@description('Address of its queues.')
output queueUrl string = account.properties.primaryEndpoints.queue

@description('Address of its tables.')
output tableUrl string = account.properties.primaryEndpoints.table

@description('Where deployments are kept.')
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${packageContainer.name}'

@description('Where events go that could not be delivered.')
output deadLetterContainer string = deadLetterContainer.name
