metadata description = 'DAG Relay on the Flex Consumption plan, for a Data Factory and a storage account that exist already.'

import { AlwaysReady, ExtraSettings, Route, Settings, Tags, WatchedContainer } from 'types.bicep'

targetScope = 'resourceGroup'

@description('What the names of the resources are made from; azd fills in the name of its environment.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of the app, near the storage account.')
@minLength(1)
param location string = resourceGroup().location

@description('The Data Factory, which exists.')
@minLength(3)
param factoryName string

@description('Resource group of the factory; empty: that of the app.')
param factoryResourceGroup string = ''

@description('Subscription of the factory; empty: that of the app.')
param factorySubscription string = ''

@description('The storage account with the DAG files, which exists.')
@minLength(3)
@maxLength(24)
param dagStorageName string

@description('Resource group of the storage account; empty: that of the app.')
param dagStorageResourceGroup string = ''

@description('Subscription of the storage account; empty: that of the app.')
param dagStorageSubscription string = ''

@description('Which folder is imported into which environment: the elements of RELAY_ROUTES.')
@minLength(1)
param routes Route[]

@description('More settings of the app, like { RELAY_QUIET_SECONDS: \'10\' }; no secrets, and none that the template makes.')
param extraSettings ExtraSettings = {}

@description('Settings that are secrets, by name, like RELAY_WEBHOOK_SECRETS. They are kept in a Key Vault; without any there is none.')
param secretNames string[] = []

@description('Their values by name.')
param secretValues Settings = {}

@description('`custom` is the narrowest role that can be made; `contributor` is the built-in Data Factory Contributor.')
@allowed([
  'custom'
  'contributor'
])
param factoryRole string = 'custom'

@description('The action behind airflow/sync is not published. The wildcard covers it; see modules/factory-access.bicep.')
@minLength(1)
param syncAction string = 'Microsoft.DataFactory/factories/*/action'

@description('Role on the DAG containers. Reader is what host and app need with Event Grid.')
@allowed([
  'storageBlobDataReader'
  'storageBlobDataOwner'
])
param dagContainerRole string = 'storageBlobDataReader'

@description('Name of the storage account\'s Event Grid system topic; empty for a name of our own. An account can have only one.')
param systemTopicName string = ''

@description('false, if the account has a system topic already: then name it, and give it a system-assigned identity.')
param createSystemTopic bool = true

@description('Version of Python.')
@allowed([
  '3.11'
  '3.12'
  '3.13'
])
param pythonVersion string = '3.13'

@description('Memory of an instance.')
@allowed([
  2048
  4096
])
param instanceMemoryMB int = 2048

@description('The plan never runs more instances than this of any function, or group of functions. One does the work; see docs/deploy.md.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('HTTP requests that an instance deals with at once, and threads of its worker. The plan\'s own default is one request.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 16

@description('Instances that are kept running, like [{ name: \'blob\', instanceCount: 1 }]; they are paid for while idle.')
param alwaysReady AlwaysReady[] = []

@description('Puts the app into a network of its own, and its storage and vault behind private endpoints.')
param useNetwork bool = false

@description('The network\'s address block, at least a /24.')
@minLength(1)
param networkPrefix string = '10.71.0.0/24'

@description('CIDR blocks that may call the app, besides Event Grid. Empty: every caller that has a key.')
param allowedAddresses string[] = []

@description('Addresses that get an e-mail when an alert fires. Empty: alerts only show in the portal.')
param alertEmails string[] = []

@description('So many failed syncs within an hour raise an alert.')
@minValue(1)
param failuresToAlert int = 3

@description('Tags of every resource.')
param tags Tags = {}

var token = toLower(uniqueString(subscription().id, resourceGroup().id, environmentName))
var appName = 'dag-relay-${token}'
var networkName = 'vnet-${appName}'
var vaultName = 'kv-${token}'
var allTags = union({ 'azd-env-name': environmentName }, tags)
var factoryGroup = empty(factoryResourceGroup) ? resourceGroup().name : factoryResourceGroup
var factorySubscriptionId = empty(factorySubscription) ? subscription().subscriptionId : factorySubscription
var dagGroup = empty(dagStorageResourceGroup) ? resourceGroup().name : dagStorageResourceGroup
var dagSubscriptionId = empty(dagStorageSubscription) ? subscription().subscriptionId : dagStorageSubscription
var topicName = empty(systemTopicName) ? 'dag-relay-${dagStorageName}' : systemTopicName
var topicId = resourceId(dagSubscriptionId, dagGroup, 'Microsoft.EventGrid/systemTopics', topicName)

var keepSecrets = !empty(secretNames)
// Without a version, so that a new version of a secret is picked up automatically.
var kept = toObject(
  secretNames,
  name => name,
  name => '@Microsoft.KeyVault(SecretUri=https://${vaultName}${environment().suffixes.keyvaultDns}/secrets/${replace(name, '_', '-')})'
)

// The app refuses a route that lacks a key of its target, or has one of the other; here that is told before anything is made.
var keys = {
  'data-factory': {
    needed: ['environment', 'linked_service']
    foreign: ['workspace', 'job', 'requirements', 'deletes']
  }
  fabric: {
    needed: ['workspace', 'job']
    foreign: ['factory', 'environment', 'linked_service', 'overwrite', 'copy_folder_structure', 'add_requirements_from_file']
  }
}
var keysOf = [for route in routes: keys[route.?target ?? 'data-factory']]
var lacking = [for (route, i) in routes: filter(keysOf[i].needed, key => !contains(route, key))]
var foreign = [for (route, i) in routes: intersection(keysOf[i].foreign, objectKeys(route))]
var checkedRoutes = [for (route, i) in routes: empty(concat(lacking[i], foreign[i]))
  ? route
  : fail('Route ${route.name} with the target ${route.?target ?? 'data-factory'}: missing: ${join(lacking[i], ', ')}; of the other target: ${join(foreign[i], ', ')}.')]

// The app watches each container once, under a name that follows from connection and container; only the first has a short one.
var connection = 'DagStorage'
var places = [for route in routes: '${route.?connection ?? connection}-${first(split(route.folder, '/'))}']
var foldersHere = map(filter(routes, route => (route.?connection ?? connection) == connection), route => route.folder)
var containers = reduce(foldersHere, [], (known, folder) => union(known, [first(split(folder, '/'))]))
var watched = [for container in containers: {
  container: container
  function: places[0] == '${connection}-${container}' ? 'on_dag_blob' : 'on_dag_blob-${connection}-${container}'
  // Two folders of a container: its events are told once, for all of it, and the app looks at the folder that it is about.
  folder: length(filter(foldersHere, folder => first(split(folder, '/')) == container)) == 1
    ? join(skip(split(filter(foldersHere, folder => first(split(folder, '/')) == container)[0], '/'), 1), '/')
    : ''
}]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${appName}'
  location: location
  tags: allTags
}

resource factory 'Microsoft.DataFactory/factories@2018-06-01' existing = {
  name: factoryName
  scope: resourceGroup(factorySubscriptionId, factoryGroup)
}

resource dagStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: dagStorageName
  scope: resourceGroup(dagSubscriptionId, dagGroup)
}

module network 'modules/network.bicep' = if (useNetwork) {
  name: 'network'
  params: {
    name: networkName
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
    location: dagStorage.location
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
    identityId: identity.id
    appPrincipalId: identity.properties.principalId
    topicId: topicId
    topicPrincipalId: eventTopic.outputs.principalId
  }
}

module hostStorageEndpoints 'modules/private-endpoint.bicep' = [for service in (useNetwork ? ['blob', 'queue', 'table'] : []): {
  name: 'endpoint-${service}'
  params: {
    name: 'pe-${service}-${appName}'
    location: location
    tags: allTags
    networkName: networkName
    subnetId: network!.outputs.endpointSubnetId
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
    identityId: identity.id
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
    identityId: identity.id
    appPrincipalId: identity.properties.principalId
    names: secretNames
    values: secretValues
  }
}

module vaultEndpoint 'modules/private-endpoint.bicep' = if (keepSecrets && useNetwork) {
  name: 'endpoint-vault'
  params: {
    name: 'pe-vault-${appName}'
    location: location
    tags: allTags
    networkName: networkName
    subnetId: network!.outputs.endpointSubnetId
    resourceId: vault!.outputs.id
    groupId: 'vault'
    zone: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  }
}

module dagAccess 'modules/dag-access.bicep' = {
  name: 'dag-access-${token}'
  scope: resourceGroup(dagSubscriptionId, dagGroup)
  params: {
    storageName: dagStorageName
    containers: containers
    containerRole: dagContainerRole
    identityId: identity.id
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
    identityId: identity.id
    appPrincipalId: identity.properties.principalId
  }
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
    httpConcurrency: httpConcurrency
    alwaysReady: alwaysReady
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
        // Only the host's blob trigger uses it, for what failed five times, and any account does: so it is the app's own.
        DagStorage__queueServiceUri: hostStorage.outputs.queueUrl
        AZURE_CLIENT_ID: identity.properties.clientId
        AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'
        AZURE_CLOUD: environment().name
        APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
        PYTHON_THREADPOOL_THREAD_COUNT: string(httpConcurrency)
        RELAY_BLOB_SOURCE: 'eventgrid'
        RELAY_FACTORY: factory.id
        RELAY_CONNECTION: connection
      },
      contains(extraSettings, 'RELAY_ROUTES_BLOB') ? {} : { RELAY_ROUTES: string(checkedRoutes) },
      kept,
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
    topicId: topicId
    emails: alertEmails
    failuresToAlert: failuresToAlert
  }
  dependsOn: [
    eventTopic
  ]
}

// What infra/scripts need; azd keeps outputs in its environment and hands them to its hooks.
@description('Name of the app.')
output AZURE_FUNCTION_APP_NAME string = appName

@description('Address of the app.')
output AZURE_FUNCTION_APP_URL string = app.outputs.url

@description('Id of the principal that the app runs as.')
output AZURE_FUNCTION_APP_PRINCIPAL_ID string = identity.properties.principalId

@description('Resource group of the DAG storage account.')
output EVENT_RESOURCE_GROUP string = dagGroup

@description('Its subscription.')
output EVENT_SUBSCRIPTION string = dagSubscriptionId

@description('Its system topic.')
output EVENT_TOPIC_NAME string = topicName

@description('The containers that are watched.')
output WATCHED_CONTAINERS WatchedContainer[] = watched

@description('The app\'s own storage account.')
output DEAD_LETTER_STORAGE_ID string = hostStorage.outputs.id

@description('Its container for what Event Grid could not deliver.')
output DEAD_LETTER_CONTAINER string = hostStorage.outputs.deadLetterContainer
