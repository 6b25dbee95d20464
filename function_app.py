"""What Azure Functions imports. That never fails: an app without functions answers nothing and says nothing."""

import os

import azure.functions as func

from shared.misconfigured import app_that_tells, problems_of

# To look for plugins, pydantic would read about every package that is installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

# The host asks for the functions and loads them in that time.
_IDLE_S = 0.5


def _app() -> func.FunctionApp:
    try:
        from shared.functions import function_app  # noqa: PLC0415 - a package that is missing is one of the problems

        return function_app(os.environ, warm_up_after_s=_IDLE_S)
    except Exception as error:  # noqa: BLE001 - whatever it is, the app has to say so
        return app_that_tells(problems_of(error))


app = _app()
