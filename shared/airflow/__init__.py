"""What Airflow itself says after an import: its REST API (2.x and 3.x), and the verdict on each file."""
