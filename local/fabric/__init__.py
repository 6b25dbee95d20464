"""A stand-in for Microsoft Fabric's Apache Airflow jobs, served below `/v1` by the process that stands in for ARM.

What it covers, and where each behaviour comes from (the published specification, reports of others, our choice), is in
docs/emulator.md.
"""
