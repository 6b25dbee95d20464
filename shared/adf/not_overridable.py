"""Settings of Airflow that Data Factory keeps for itself (Microsoft's page on Airflow configurations)."""

_KEPT = {
    "API": ("AUTH_BACKEND", "ENABLE_EXPERIMENTAL_API"),
    "CELERY": ("FLOWER_URL_PREFIX",),
    "CORE": (
        "DAGS_ARE_PAUSED_AT_CREATION",
        "DAGS_FOLDER",
        "DONOT_PICKLE",
        "ENABLE_XCOM_PICKLING",
        "EXECUTOR",
        "FERNET_KEY",
        "PLUGINS_FOLDER",
    ),
    "LOGGING": (
        "BASE_LOG_FOLDER",
        "COLORED_LOG_FORMAT",
        "DAG_PROCESSOR_MANAGER_LOG_LOCATION",
        "LOGGING_CONFIG_CLASS",
        "LOGGING_LEVEL",
        "LOG_FILENAME_TEMPLATE",
    ),
    "METRICS": ("STATSD_HOST", "STATSD_ON", "STATSD_PORT", "STATSD_PREFIX"),
    "SCHEDULER": ("CHILD_PROCESS_LOG_DIRECTORY", "DAG_DIR_LIST_INTERVAL"),
    "WEBSERVER": (
        "AUTHENTICATE",
        "AUTH_BACKEND",
        "BASE_URL",
        "COOKIE_SAMESITE",
        "COOKIE_SECURE",
        "EXPOSE_CONFIG",
        "RELOAD_ON_PLUGIN_CHANGE",
        "SECRET_KEY",
    ),
}

NOT_OVERRIDABLE = frozenset(f"AIRFLOW__{section}__{key}" for section, keys in _KEPT.items() for key in keys)
