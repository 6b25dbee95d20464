metadata description = 'A vault for the secrets among the settings; the app may read these and nothing else.'

param name string
param location string
param tags object

@description('true closes the vault to the internet.')
param closed bool
param appPrincipalId string

@description('Which secrets to keep.')
param names array

@description('Their values, by name.')
@secure()
param secrets object

var roles = loadJsonContent('../roles.json')

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
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

resource kept 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = [for secret in names: {
  parent: vault
  name: secret
  properties: {
    value: secrets[secret]
  }
}]

resource appAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (secret, number) in names: {
  name: guid(vault.id, secret, appPrincipalId, roles.keyVaultSecretsUser)
  scope: kept[number]
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}]

output id string = vault.id
