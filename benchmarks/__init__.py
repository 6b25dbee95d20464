"""What the project is measured by: each package is run as `python -m benchmarks.<name>`."""
