"""What Microsoft Fabric says and takes, and what an environment of Data Factory becomes there. No I/O."""
