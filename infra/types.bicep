metadata description = 'Types of the parameters.'

@description('Tags by name.')
@export()
type Tags = {
  *: string
}

@description('App settings by name, whose values are secrets.')
@export()
@secure()
type Settings = {
  *: string
}

@description('App settings by name. Those that the template makes are named, so that they can have no other value.')
@export()
type ExtraSettings = {
  AzureWebJobsStorage: TemplateMakesIt?
  AzureWebJobsStorage__credential: TemplateMakesIt?
  AzureWebJobsStorage__clientId: TemplateMakesIt?
  AzureWebJobsStorage__blobServiceUri: TemplateMakesIt?
  AzureWebJobsStorage__queueServiceUri: TemplateMakesIt?
  AzureWebJobsStorage__tableServiceUri: TemplateMakesIt?
  DagStorage: TemplateMakesIt?
  DagStorage__credential: TemplateMakesIt?
  DagStorage__clientId: TemplateMakesIt?
  DagStorage__blobServiceUri: TemplateMakesIt?
  DagStorage__queueServiceUri: TemplateMakesIt?
  AZURE_CLIENT_ID: TemplateMakesIt?
  AZURE_TOKEN_CREDENTIALS: TemplateMakesIt?
  AZURE_CLOUD: TemplateMakesIt?
  APPLICATIONINSIGHTS_CONNECTION_STRING: TemplateMakesIt?
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: TemplateMakesIt?
  PYTHON_THREADPOOL_THREAD_COUNT: TemplateMakesIt?
  RELAY_BLOB_SOURCE: TemplateMakesIt?
  RELAY_FACTORY: TemplateMakesIt?
  RELAY_CONNECTION: TemplateMakesIt?
  RELAY_ROUTES: TemplateMakesIt?
  *: string
}

@description('What a setting would have to be that only the template may make.')
type TemplateMakesIt = 'made by the template'

@description('An element of RELAY_ROUTES. What is left out has the app\'s default, named here. Each target has keys of its own.')
@export()
@sealed()
type Route = {
  @description('Up to 63 characters of a-z, 0-9 and -.')
  @minLength(1)
  @maxLength(63)
  name: string

  @description('Where the folder goes; default: data-factory.')
  target: ('data-factory' | 'fabric')?

  @description('container/path of the folder that contains dags/; the container alone where dags/ lies at its top.')
  @minLength(3)
  folder: string

  @description('Connection to the storage account; default: DagStorage, the account that `dagStorageName` names.')
  @minLength(1)
  connection: string?

  @description('Of data-factory: ARM id of the factory; default: `factoryName`. The app gets rights in that one only.')
  @minLength(1)
  factory: string?

  @description('Of data-factory, which needs it: Airflow environment (integration runtime) of the factory.')
  @minLength(1)
  environment: string?

  @description('Of data-factory, which needs it: the factory\'s linked service to the storage account.')
  @minLength(1)
  linked_service: string?

  @description('Of data-factory: Overwrite of the sync\'s body; default: true.')
  overwrite: bool?

  @description('Of data-factory: CopyFolderStructure of the sync\'s body; default: true.')
  copy_folder_structure: bool?

  @description('Of data-factory: AddRequirementsFromFile of the sync\'s body; default: true.')
  add_requirements_from_file: bool?

  @description('Of fabric, which needs it: id of the workspace. The app\'s identity has to be its Contributor.')
  @minLength(36)
  @maxLength(36)
  workspace: string?

  @description('Of fabric, which needs it: id of the Apache Airflow job.')
  @minLength(36)
  @maxLength(36)
  job: string?

  @description('Of fabric: whether changed requirements are deployed or only reported; default: report.')
  requirements: ('report' | 'deploy')?

  @description('Of fabric: whether deletions are carried over or only reported; default: carry.')
  deletes: ('carry' | 'report')?
}

@description('A container with DAG files, and which events of it the app is sent.')
@export()
type WatchedContainer = {
  @description('Name of the container.')
  container: string

  @description('The app\'s function for uploads to it.')
  @minLength(1)
  function: string

  @description('Only events of this folder; empty: of the whole container.')
  folder: string
}

@description('Instances that are kept running.')
@export()
@sealed()
type AlwaysReady = {
  @description('`http`, `blob` (the Event Grid blob functions), or `function:<name>` for any other.')
  @minLength(1)
  name: string

  @description('How many.')
  @minValue(1)
  instanceCount: int
}
