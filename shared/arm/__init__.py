"""Azure Resource Manager: its clouds, its long-running operations, and Data Factory's operations."""
