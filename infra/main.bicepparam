// Every value comes from a variable of the environment: `azd env set NAME value`, or `export NAME=value` for the Azure CLI.
// One that has to be there and is not is named in an error, before anything is made.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')

param factoryName = readEnvironmentVariable('FACTORY_NAME')
param factoryResourceGroup = readEnvironmentVariable('FACTORY_RESOURCE_GROUP', '')
param factorySubscription = readEnvironmentVariable('FACTORY_SUBSCRIPTION', '')
param dagStorageName = readEnvironmentVariable('DAG_STORAGE_NAME')
param dagStorageResourceGroup = readEnvironmentVariable('DAG_STORAGE_RESOURCE_GROUP', '')
param dagStorageSubscription = readEnvironmentVariable('DAG_STORAGE_SUBSCRIPTION', '')

// One route in three variables, or ROUTES instead. What is empty is left out here, so that an error names it.
var one = toObject(
  filter(
    items({
      AIRFLOW_ENVIRONMENT: readEnvironmentVariable('AIRFLOW_ENVIRONMENT', '')
      LINKED_SERVICE: readEnvironmentVariable('LINKED_SERVICE', '')
      DAG_FOLDER: readEnvironmentVariable('DAG_FOLDER', '')
    }),
    variable => !empty(variable.value)
  ),
  variable => variable.key,
  variable => variable.value
)
var many = readEnvironmentVariable('ROUTES', '[]')
param routes = many == '[]'
  ? [{ name: 'default', environment: one.AIRFLOW_ENVIRONMENT, linked_service: one.LINKED_SERVICE, folder: one.DAG_FOLDER }]
  : json(many)

param extraSettings = json(readEnvironmentVariable('EXTRA_SETTINGS', '{}'))

// Secrets have the names of the settings. Those that are given are kept in a Key Vault.
var secrets = {
  RELAY_WEBHOOK_SECRETS: readEnvironmentVariable('RELAY_WEBHOOK_SECRETS', '')
  RELAY_NOTIFICATION_URL: readEnvironmentVariable('RELAY_NOTIFICATION_URL', '')
  RELAY_NOTIFICATION_SECRET: readEnvironmentVariable('RELAY_NOTIFICATION_SECRET', '')
  RELAY_AIRFLOW_PASSWORD: readEnvironmentVariable('RELAY_AIRFLOW_PASSWORD', '')
}
param secretNames = filter(objectKeys(secrets), name => !empty(secrets[name]))
param secretValues = secrets

param factoryRole = readEnvironmentVariable('FACTORY_ROLE', 'custom')
param syncAction = readEnvironmentVariable('SYNC_ACTION', 'Microsoft.DataFactory/factories/*/action')
param dagContainerRole = readEnvironmentVariable('DAG_CONTAINER_ROLE', 'storageBlobDataReader')
param systemTopicName = readEnvironmentVariable('SYSTEM_TOPIC_NAME', '')
param createSystemTopic = json(readEnvironmentVariable('CREATE_SYSTEM_TOPIC', 'true'))

param pythonVersion = readEnvironmentVariable('PYTHON_VERSION', '3.13')
param instanceMemoryMB = json(readEnvironmentVariable('INSTANCE_MEMORY_MB', '2048'))
param maximumInstances = json(readEnvironmentVariable('MAXIMUM_INSTANCES', '40'))
param httpConcurrency = json(readEnvironmentVariable('HTTP_CONCURRENCY', '16'))
param alwaysReady = json(readEnvironmentVariable('ALWAYS_READY', '[]'))

param useNetwork = json(readEnvironmentVariable('USE_NETWORK', 'false'))
param networkPrefix = readEnvironmentVariable('NETWORK_PREFIX', '10.71.0.0/24')
// One address is a block of one; parseCidr refuses what is neither.
var callers = map(
  json(readEnvironmentVariable('ALLOWED_ADDRESSES', '[]')),
  each => contains(each, '/') ? each : '${each}/${contains(each, ':') ? 128 : 32}'
)
param allowedAddresses = map(callers, block => '${parseCidr(block).network}/${parseCidr(block).cidr}')

param alertEmails = json(readEnvironmentVariable('ALERT_EMAILS', '[]'))
param failuresToAlert = json(readEnvironmentVariable('FAILURES_TO_ALERT', '3'))
param tags = json(readEnvironmentVariable('TAGS', '{}'))
