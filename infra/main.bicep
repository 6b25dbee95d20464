metadata description = 'DAG Relay on the Flex Consumption plan, for a Data Factory and a storage account that exist already.'

targetScope = 'resourceGroup'

@description('What the names of the resources are made from; azd fills in the name of its environment.')
@minLength(1)
@maxLength(64)
param environmentName string

param location string = resourceGroup().location

@description('The Data Factory that exists. Where its resource group and subscription are empty, they are those of the app.')
param factoryName string
param factoryResourceGroup string = ''
param factorySubscription string = ''

@description('The storage account that exists, to which the DAG files are uploaded; likewise.')
param dagStorageName string
param dagStorageResourceGroup string = ''
param dagStorageSubscription string = ''

@description('The account\'s container with the DAG files, also of all folders in `routes`.')
param dagContainer string

@description('Path in the container of the folder that contains dags/; empty for the container itself.')
param dagFolder string = ''

@description('Airflow environment (integration runtime) of the factory; not with `routes`.')
param airflowEnvironment string = ''

@description('The factory\'s linked service to the storage account; not with `routes`.')
param linkedService string = ''

@description('Instead of environment, linked service and folder: many routes, as in RELAY_ROUTES.')
param routes array = []

@description('More settings of the app by name, like { RELAY_QUIET_SECONDS: \'10\' }; they win over those of the template.')
@secure()
param extraSettings object = {}

@description('RELAY_WEBHOOK_SECRETS. This and the next two are kept in a Key Vault; where all are empty, there is none.')
@secure()
param webhookSecrets string = ''

@description('RELAY_NOTIFICATION_URL; that of a chat is a secret by itself.')
@secure()
param notificationUrl string = ''

@description('RELAY_NOTIFICATION_SECRET')
@secure()
param notificationSecret string = ''

@description('`custom` is the narrowest role that can be made; `contributor` is the built-in Data Factory Contributor.')
@allowed([
  'custom'
  'contributor'
])
param factoryRole string = 'custom'

@description('The action behind airflow/sync is not published. The wildcard covers it; see modules/factory-access.bicep.')
param syncAction string = 'Microsoft.DataFactory/factories/*/action'

@description('Role on the DAG container. Reader is what the app needs; the docs of the blob trigger recommend the owner.')
@allowed([
  'storageBlobDataReader'
  'storageBlobDataOwner'
])
param dagContainerRole string = 'storageBlobDataReader'

@description('Name of the storage account\'s Event Grid system topic; empty for a name of our own. An account can have only one.')
param systemTopicName string = ''

@description('false, if the account has a system topic already: then name it, and give it a system-assigned identity.')
param createSystemTopic bool = true

@allowed([
  '3.11'
  '3.12'
  '3.13'
])
param pythonVersion string = '3.13'

@allowed([
  2048
  4096
])
param instanceMemoryMB int = 2048
param maximumInstances int = 40

@description('Puts the app into a network of its own, and its storage and vault behind private endpoints.')
param useNetwork bool = false
param networkPrefix string = '10.71.0.0/24'

@description('Addresses (CIDR) that may call the app, next to Event Grid. Empty: everybody who has a key.')
param allowedAddresses array = []

@description('Addresses that get an e-mail when an alert fires. Empty: alerts only show in the portal.')
param alertEmails array = []

@description('So many failed syncs within an hour raise an alert.')
param failuresToAlert int = 3

param tags object = {}

var token = toLower(uniqueString(subscription().id, resourceGroup().id, environmentName))
var appName = 'dag-relay-${token}'
var allTags = union({ 'azd-env-name': environmentName }, tags)
var secretNames = concat(
  empty(webhookSecrets) ? [] : ['RELAY-WEBHOOK-SECRETS'],
  empty(notificationUrl) ? [] : ['RELAY-NOTIFICATION-URL'],
  empty(notificationSecret) ? [] : ['RELAY-NOTIFICATION-SECRET']
)
var keepSecrets = !empty(secretNames)
var vaultName = 'kv-${token}'
// Without a version, so that a new version of a secret is taken up by itself.
var keptAt = '@Microsoft.KeyVault(SecretUri=https://${vaultName}${environment().suffixes.keyvaultDns}/secrets'
var factoryGroup = empty(factoryResourceGroup) ? resourceGroup().name : factoryResourceGroup
var factorySubscriptionId = empty(factorySubscription) ? subscription().subscriptionId : factorySubscription
var dagGroup = empty(dagStorageResourceGroup) ? resourceGroup().name : dagStorageResourceGroup
var dagSubscriptionId = empty(dagStorageSubscription) ? subscription().subscriptionId : dagStorageSubscription
var topicName = empty(systemTopicName) ? 'dag-relay-${dagStorageName}' : systemTopicName

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${appName}'
  location: location
  tags: allTags
}

resource factory 'Microsoft.DataFactory/factories@2018-06-01' existing = {
  name: factoryName
  scope: resourceGroup(factorySubscriptionId, factoryGroup)
}

resource dagStorage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: dagStorageName
  scope: resourceGroup(dagSubscriptionId, dagGroup)
}

module network 'modules/network.bicep' = if (useNetwork) {
  name: 'network'
  params: {
    name: 'vnet-${appName}'
    location: location
    tags: allTags
    addressPrefix: networkPrefix
  }
}

module eventTopic 'modules/event-topic.bicep' = {
  name: 'event-topic-${token}'
  scope: resourceGroup(dagSubscriptionId, dagGroup)
  params: {
    name: topicName
    create: createSystemTopic
    storageName: dagStorageName
    tags: allTags
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  name: 'host-storage'
  params: {
    name: 'st${token}'
    location: location
    tags: allTags
    closed: useNetwork
    appPrincipalId: identity.properties.principalId
    topicPrincipalId: eventTopic.outputs.principalId
  }
}

module hostStorageEndpoints 'modules/private-endpoint.bicep' = [for service in ['blob', 'queue', 'table']: {
  name: 'endpoint-${service}'
  params: {
    enabled: useNetwork
    name: 'pe-${service}-${appName}'
    location: location
    tags: allTags
    networkId: useNetwork ? network!.outputs.id : ''
    subnetId: useNetwork ? network!.outputs.endpointSubnetId : ''
    resourceId: hostStorage.outputs.id
    groupId: service
    zone: 'privatelink.${service}.${environment().suffixes.storage}'
  }
}]

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: appName
    location: location
    tags: allTags
    appPrincipalId: identity.properties.principalId
  }
}

module vault 'modules/vault.bicep' = if (keepSecrets) {
  name: 'vault'
  params: {
    name: vaultName
    location: location
    tags: allTags
    closed: useNetwork
    appPrincipalId: identity.properties.principalId
    names: secretNames
    secrets: {
      'RELAY-WEBHOOK-SECRETS': webhookSecrets
      'RELAY-NOTIFICATION-URL': notificationUrl
      'RELAY-NOTIFICATION-SECRET': notificationSecret
    }
  }
}

module vaultEndpoint 'modules/private-endpoint.bicep' = if (keepSecrets) {
  name: 'endpoint-vault'
  params: {
    enabled: useNetwork
    name: 'pe-vault-${appName}'
    location: location
    tags: allTags
    networkId: useNetwork ? network!.outputs.id : ''
    subnetId: useNetwork ? network!.outputs.endpointSubnetId : ''
    resourceId: keepSecrets ? vault!.outputs.id : ''
    groupId: 'vault'
    zone: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  }
}

module dagAccess 'modules/dag-access.bicep' = {
  name: 'dag-access-${token}'
  scope: resourceGroup(dagSubscriptionId, dagGroup)
  params: {
    storageName: dagStorageName
    container: dagContainer
    containerRole: dagContainerRole
    appPrincipalId: identity.properties.principalId
  }
}

module factoryAccess 'modules/factory-access.bicep' = {
  name: 'factory-access-${token}'
  scope: resourceGroup(factorySubscriptionId, factoryGroup)
  params: {
    factoryName: factoryName
    role: factoryRole
    syncAction: syncAction
    appPrincipalId: identity.properties.principalId
  }
}

var route = {
  RELAY_ENVIRONMENT: airflowEnvironment
  RELAY_LINKED_SERVICE: linkedService
  RELAY_FOLDER: '${dagContainer}/${dagFolder}'
}

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    name: appName
    location: location
    tags: allTags
    identityId: identity.id
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstances: maximumInstances
    packageContainerUrl: hostStorage.outputs.packageContainerUrl
    subnetId: useNetwork ? network!.outputs.appSubnetId : ''
    allowedAddresses: allowedAddresses
    settings: union(
      {
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__clientId: identity.properties.clientId
        AzureWebJobsStorage__blobServiceUri: hostStorage.outputs.blobUrl
        AzureWebJobsStorage__queueServiceUri: hostStorage.outputs.queueUrl
        AzureWebJobsStorage__tableServiceUri: hostStorage.outputs.tableUrl
        DagStorage__credential: 'managedidentity'
        DagStorage__clientId: identity.properties.clientId
        DagStorage__blobServiceUri: dagStorage.properties.primaryEndpoints.blob
        DagStorage__queueServiceUri: dagStorage.properties.primaryEndpoints.queue
        AZURE_CLIENT_ID: identity.properties.clientId
        AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'
        AZURE_CLOUD: environment().name
        APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
        RELAY_BLOB_SOURCE: 'eventgrid'
        RELAY_FACTORY: factory.id
        RELAY_CONNECTION: 'DagStorage'
      },
      empty(routes) ? route : { RELAY_ROUTES: string(routes) },
      empty(webhookSecrets) ? {} : { RELAY_WEBHOOK_SECRETS: '${keptAt}/RELAY-WEBHOOK-SECRETS)' },
      empty(notificationUrl) ? {} : { RELAY_NOTIFICATION_URL: '${keptAt}/RELAY-NOTIFICATION-URL)' },
      empty(notificationSecret) ? {} : { RELAY_NOTIFICATION_SECRET: '${keptAt}/RELAY-NOTIFICATION-SECRET)' },
      extraSettings
    )
  }
  dependsOn: [
    dagAccess
    factoryAccess
    hostStorageEndpoints
    vault
    vaultEndpoint
  ]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    name: appName
    location: location
    tags: allTags
    insightsId: monitoring.outputs.insightsId
    topicId: eventTopic.outputs.id
    emails: alertEmails
    failuresToAlert: failuresToAlert
  }
}

// What infra/scripts/subscribe.sh needs; azd keeps outputs in its environment and hands them to its hooks.
output AZURE_FUNCTION_APP_NAME string = app.outputs.name
output AZURE_FUNCTION_APP_ID string = app.outputs.id
output AZURE_FUNCTION_APP_URL string = app.outputs.url
output DAG_STORAGE_RESOURCE_GROUP string = dagGroup
output DAG_STORAGE_SUBSCRIPTION string = dagSubscriptionId
output DAG_CONTAINER string = dagContainer
output DAG_FOLDER string = empty(routes) ? dagFolder : ''
output EVENT_TOPIC_NAME string = topicName
output DEAD_LETTER_STORAGE_ID string = hostStorage.outputs.id
output DEAD_LETTER_CONTAINER string = hostStorage.outputs.deadLetterContainer
