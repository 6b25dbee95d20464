"""Airflow without Azure: the emulated one that answers below the ARM emulator, and a real one that can stand there."""
