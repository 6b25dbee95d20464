metadata description = 'A vault for the secrets among the settings; the app may read these and nothing else.'

import { Settings, Tags } from '../types.bicep'

@description('Name of the vault.')
param name string

@description('Region of the vault.')
param location string

@description('Tags of the vault.')
param tags Tags

@description('true closes the vault to the internet.')
param closed bool

@description('ARM id of the app\'s identity; it makes the names of the role assignments.')
param identityId string

@description('Principal id of the same identity.')
param appPrincipalId string

@description('Settings to keep; a secret\'s name has dashes for underscores.')
param names string[]

@description('Their values by name.')
param values Settings

var roles = loadJsonContent('../roles.json')

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    publicNetworkAccess: closed ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: closed ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
    }
  }
}

resource kept 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = [for setting in names: {
  parent: vault
  name: replace(setting, '_', '-')
  properties: {
    value: values[setting]
  }
}]

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (setting, number) in names: {
  name: guid(kept[number].id, identityId, roles.keyVaultSecretsUser)
  scope: kept[number]
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}]

@description('ARM id of the vault.')
output id string = vault.id
