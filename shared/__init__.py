"""The app that is deployed: from a change in a DAG folder to a sync, and from a spec to an Airflow environment."""
