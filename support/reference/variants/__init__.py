"""Lawful variants: other choices that the wire contract leaves to a backend. None is a defect.

Every module in here is imported; a variant registers itself by decorator.
"""

import importlib
import pkgutil

from support.reference.variants.catalogue import Variant as Variant
from support.reference.variants.catalogue import catalogue as catalogue
from support.reference.variants.catalogue import variant_named as variant_named

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
