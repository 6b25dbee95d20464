metadata description = 'The subscriptions that tell the app about uploads and deletions; to be deployed once the app has been published.'

// Into the resource group of the DAG storage account. The key of the blob trigger's webhook exists only after the host has
// started the app for the first time. It is read here, so that it is in no command line, parameter or deployment log.
import { WatchedContainer } from 'types.bicep'

targetScope = 'resourceGroup'

@description('The account\'s system topic.')
@minLength(3)
param topicName string

@description('The Functions app.')
@minLength(2)
param appName string

@description('Its resource group.')
@minLength(1)
param appResourceGroup string

@description('Its subscription.')
@minLength(1)
param appSubscription string

@description('Its address.')
@minLength(1)
param appUrl string

@description('The containers that are watched.')
param watched WatchedContainer[]

@description('ARM id of the storage account for what cannot be delivered.')
@minLength(1)
param deadLetterStorageId string

@description('Container of that account.')
@minLength(1)
param deadLetterContainer string

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
  scope: resourceGroup(appSubscription, appResourceGroup)

  resource onBlobDeleted 'functions' existing = {
    name: 'on_blob_deleted'
  }
}

var blobsKey = listKeys('${app.id}/host/default', '2025-03-01').systemKeys.blobs_extension
var webhook = '${appUrl}/runtime/webhooks/blobs?functionName=Host.Functions.'
var subjects = [for place in watched: {
  container: '/blobServices/default/containers/${place.container}/blobs/'
  folder: '/blobServices/default/containers/${place.container}/blobs/${empty(place.folder) ? '' : '${place.folder}/'}'
}]

var deadLetters = {
  identity: {
    type: 'SystemAssigned'
  }
  deadLetterDestination: {
    endpointType: 'StorageBlob'
    properties: {
      resourceId: deadLetterStorageId
      blobContainerName: deadLetterContainer
    }
  }
}
var retries = {
  maxDeliveryAttempts: 30
  eventTimeToLiveInMinutes: 1440
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

// Accounts with a hierarchical namespace and SFTP also tell of a file that is only begun; a look then comes too early.
resource uploads 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = [for (place, number) in watched: {
  parent: topic
  name: 'dag-relay-uploads-${uniqueString(app.id, subjects[number].folder)}'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: '${webhook}${place.function}&code=${blobsKey}'
      }
    }
    filter: {
      subjectBeginsWith: subjects[number].folder
      includedEventTypes: [
        'Microsoft.Storage.BlobCreated'
      ]
      advancedFilters: [
        {
          operatorType: 'StringIn'
          key: 'data.api'
          values: [
            'PutBlob'
            'PutBlockList'
            'CopyBlob'
            'FlushWithClose'
            'SftpCommit'
          ]
        }
      ]
    }
    retryPolicy: retries
    deadLetterWithResourceIdentity: deadLetters
  }
}]

// For the whole container: what is moved out of the folder has the new place as its subject, and of a directory that is
// deleted with all that is in it only its own name is told.
resource deletions 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = [for number in range(0, length(watched)): {
  parent: topic
  name: 'dag-relay-deletions-${uniqueString(app.id, subjects[number].container)}'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: app::onBlobDeleted.id
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: {
      subjectBeginsWith: subjects[number].container
      includedEventTypes: [
        'Microsoft.Storage.BlobDeleted'
        'Microsoft.Storage.BlobRenamed'
        'Microsoft.Storage.DirectoryDeleted'
        'Microsoft.Storage.DirectoryRenamed'
      ]
    }
    retryPolicy: retries
    deadLetterWithResourceIdentity: deadLetters
  }
}]
