"""How long a change takes: from the last upload to the POST, and to what Airflow says about the file."""
