"""What lies in a DAG folder: which blobs count, and what they add up to."""
