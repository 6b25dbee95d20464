metadata description = 'A way from the network to one service of a resource, with the name that the service is known by.'

import { Tags } from '../types.bicep'

@description('Name of the endpoint.')
param name string

@description('Region of the network.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('The network, of the same resource group, by its name.')
param networkName string

@description('The network\'s subnet for private endpoints.')
param subnetId string

@description('ARM id of the resource that is reached.')
param resourceId string

@description('Which of its services.')
param groupId string

@description('Private DNS zone of the service, like privatelink.blob.core.windows.net.')
param zone string

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' existing = {
  name: networkName
}

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: {
          privateLinkServiceId: resourceId
          groupIds: [
            groupId
          ]
        }
      }
    ]
  }
}

resource dnsZone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zone
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: dnsZone
  name: networkName
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}

resource record 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: groupId
        properties: {
          privateDnsZoneId: dnsZone.id
        }
      }
    ]
  }
}
