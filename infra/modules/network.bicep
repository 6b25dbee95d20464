metadata description = 'A network for the app: one subnet that it lives in, one for the private endpoints of what it needs.'

import { Tags } from '../types.bicep'

@description('Name of the network.')
param name string

@description('Region of the network.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('At least a /24: the app gets the lower half.')
param addressPrefix string

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressPrefix
      ]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 25, 0)
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 25, 1)
        }
      }
    ]
  }
}

resource appSubnet 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' existing = {
  parent: network
  name: 'app'
}

resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' existing = {
  parent: network
  name: 'endpoints'
}

@description('The subnet that the app lives in.')
output appSubnetId string = appSubnet.id

@description('The subnet of the private endpoints.')
output endpointSubnetId string = endpointSubnet.id
