metadata description = 'A way from the network to one service of a resource, with the name that the service is known by.'

@description('false makes nothing, so that a caller can decide for a whole list.')
param enabled bool
param name string
param location string
param tags object
param networkId string
param subnetId string

@description('The resource that is reached, and which of its services.')
param resourceId string
param groupId string

@description('Private DNS zone of the service, like privatelink.blob.core.windows.net.')
param zone string

resource endpoint 'Microsoft.Network/privateEndpoints@2023-11-01' = if (enabled) {
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

resource dnsZone 'Microsoft.Network/privateDnsZones@2020-06-01' = if (enabled) {
  name: zone
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = if (enabled) {
  parent: dnsZone
  name: uniqueString(networkId)
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}

resource record 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2023-11-01' = if (enabled) {
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
