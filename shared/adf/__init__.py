"""What Azure Data Factory says and takes: names, ids and bodies. No I/O."""
