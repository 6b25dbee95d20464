metadata description = 'Alerts for the operator: the queries look for what the app logs, word for word.'

import { Tags } from '../types.bicep'

@description('What the names are made from.')
param name string

@description('Region of the log alerts.')
param location string

@description('Tags of every alert.')
param tags Tags

@description('ARM id of Application Insights, where the log alerts look.')
param insightsId string

@description('ARM id of the event topic.')
param topicId string

@description('Addresses that get an e-mail.')
param emails string[]

@description('So many failed syncs within an hour raise an alert.')
@minValue(1)
param failuresToAlert int

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${name}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'dag-relay'
    emailReceivers: [for email in emails: {
      name: email
      emailAddress: email
      useCommonAlertSchema: true
    }]
  }
}

var rules = [
  {
    id: 'silent'
    description: 'For half an hour no sweep has succeeded: the app does not run, or cannot reach its storage.'
    severity: 1
    window: 'PT30M'
    operator: 'LessThan'
    threshold: 1
    query: 'requests | where name contains "on_sweep" and tobool(success)'
  }
  {
    id: 'not-ready'
    description: 'The app got no token for ARM or Fabric, or /api/ready answered 503.'
    severity: 1
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: 'union (traces | where message startswith "no token for"), (requests | where url endswith "/api/ready" and resultCode == "503")'
  }
  {
    id: 'failures-in-a-row'
    description: 'Syncs fail again and again, and are retried; GET /api/routes says why, in the words of ARM.'
    severity: 2
    window: 'PT1H'
    operator: 'GreaterThanOrEqual'
    threshold: failuresToAlert
    query: 'traces | where message startswith "the sync failed, retrying within" or message startswith "the folder could not be listed"'
  }
  // What each look logs of such a route, and each sweep leads to one.
  {
    id: 'needs-an-operator'
    description: 'ADF or Fabric refuses the syncs of a route, or a change is held; GET /api/routes says why, and the runbook what to do.'
    severity: 2
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: 'traces | where message startswith "Skip Refused " or message startswith "Hold "'
  }
  {
    id: 'poison'
    description: 'A wake-up failed five times. No change is lost, but something is wrong with the app.'
    severity: 2
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: 'traces | where message startswith "a wake-up failed five times"'
  }
]

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [for rule in rules: {
  name: '${rule.id}-${name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'DAG Relay: ${rule.id}'
    description: rule.description
    severity: rule.severity
    enabled: true
    scopes: [
      insightsId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: rule.window
    // The tables of a new Application Insights appear with the first telemetry.
    skipQueryValidation: true
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: rule.operator
          threshold: rule.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        people.id
      ]
    }
  }
}]

resource deadLetters 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'dead-letters-${name}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Event Grid could not deliver an event for a day. The sweep has seen the change, but uploads are noticed late.'
    severity: 3
    enabled: true
    scopes: [
      topicId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead-letters'
          metricName: 'DeadLetteredCount'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Total'
        }
      ]
    }
    actions: [
      {
        actionGroupId: people.id
      }
    ]
  }
}
