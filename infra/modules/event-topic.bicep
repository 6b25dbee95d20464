metadata description = 'The system topic of the DAG storage account, where its events come from. An account can have only one.'

param name string

@description('false, if the account has its topic already.')
param create bool
param storageName string
param tags object

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageName
}

resource created 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (create) {
  name: name
  location: storage.location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    source: storage.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

resource found 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (!create) {
  name: name
}

output id string = create ? created.id : found.id
output principalId string = create ? created!.identity.principalId : found!.identity.principalId
