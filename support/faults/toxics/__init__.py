"""The faults, one file each: every module in here is imported, so that its faults are known by
name in `FAULTS`."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)
