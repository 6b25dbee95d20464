"""The retrying caller of Azure Resource Manager, and the Data Factory operations made with it."""
