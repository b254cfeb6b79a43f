"""What can be broken in the reference service: each defect overrides a method of a healthy class.

Every module in here is imported; a defect registers itself by decorator. ``catalogue()`` lists
them, ``apply(names)`` builds them in.
"""

import importlib
import pkgutil

from support.reference.defects.catalogue import Defect as Defect
from support.reference.defects.catalogue import apply as apply
from support.reference.defects.catalogue import catalogue as catalogue
from support.reference.defects.catalogue import defect_named as defect_named

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
