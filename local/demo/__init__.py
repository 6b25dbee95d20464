"""The demo: the main job on real input and real parts, with every claim checked."""

from local.demo.fabric import fabric_demo
from local.demo.play import demo

__all__ = ["demo", "fabric_demo"]
