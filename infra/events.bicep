metadata description = 'The subscriptions that tell the app about uploads and deletions; to be deployed once the app has been published.'

// Into the resource group of the DAG storage account. The key of the blob trigger's webhook exists only after the host has
// started the app for the first time. It is read here, so that it is in no command line, parameter or deployment log.
targetScope = 'resourceGroup'

@description('The account\'s system topic.')
param topicName string

@description('ARM id of the Functions app, and its URL.')
param appId string
param appUrl string

param container string

@description('Path in the container; empty for all of it.')
param folder string = ''

@description('The app\'s functions for the container: of further containers the name has connection and container in it.')
param blobFunction string = 'on_dag_blob'
param deletedFunction string = 'on_blob_deleted'

param deadLetterStorageId string
param deadLetterContainer string

var blobsKey = listKeys('${appId}/host/default', '2023-12-01').systemKeys.blobs_extension
var webhook = '${appUrl}/runtime/webhooks/blobs?functionName=Host.Functions.${blobFunction}&code=${blobsKey}'
var place = '/blobServices/default/containers/${container}/blobs/'
var subjects = empty(folder) ? place : '${place}${folder}/'

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
resource uploads 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'dag-relay-uploads-${uniqueString(appId, subjects)}'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: webhook
      }
    }
    filter: {
      subjectBeginsWith: subjects
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
}

// For the whole container: what is moved out of the folder has the new place as its subject, and of a directory that is
// deleted with all that is in it only its own name is told.
resource deletions 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'dag-relay-deletions-${uniqueString(appId, place)}'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${appId}/functions/${deletedFunction}'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: {
      subjectBeginsWith: place
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
}
