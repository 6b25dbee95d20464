metadata description = 'What the app may do in the DAG storage account: read its containers with DAG files. Nothing else.'

@description('The storage account, of the same resource group.')
param storageName string

@description('Containers with DAG files.')
param containers string[]

@description('The role on them, by its name in roles.json.')
@allowed([
  'storageBlobDataReader'
  'storageBlobDataOwner'
])
param containerRole string

@description('ARM id of the app\'s identity; it makes the names of the role assignments.')
param identityId string

@description('Principal id of the same identity.')
param appPrincipalId string

var roles = loadJsonContent('../roles.json')

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource dags 'containers' existing = [for container in containers: {
      name: container
    }]
  }
}

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (container, number) in containers: {
  name: guid(storage::blobs::dags[number].id, identityId, roles[containerRole])
  scope: storage::blobs::dags[number]
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[containerRole])
  }
}]
