"""What it takes to keep a Fabric job in step with a folder, in calls and time, against the least that is possible."""
