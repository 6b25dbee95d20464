"""What a call to ARM costs: ours, azure-mgmt-datafactory's, and a bare `requests.Session().put`."""
