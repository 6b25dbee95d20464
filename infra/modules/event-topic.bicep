metadata description = 'The system topic of the DAG storage account, where its events come from. An account can have only one.'

import { Tags } from '../types.bicep'

@description('Name of the topic.')
param name string

@description('false, if the account has its topic already.')
param create bool

@description('The storage account, of the same resource group.')
param storageName string

@description('Region of the storage account: a topic has to be where its source is.')
param location string

@description('Tags of a new topic.')
param tags Tags

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource created 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (create) {
  name: name
  location: location
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

@description('ARM id of the topic.')
output id string = create ? created.id : found.id

@description('The topic\'s own identity, which writes dead letters.')
output principalId string = create ? created!.identity.principalId : found!.identity.principalId
