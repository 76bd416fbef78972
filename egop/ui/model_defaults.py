"""A patch of Bokeh that works out the defaults of its models once, not at each look."""

from functools import cache, wraps
from typing import Any

from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor

from egop.tested_versions import can_patch

SLOWER = "A page takes about a third longer to open"
UNCHANGING = {type(None), bool, int, float, str}
"""Types of which two equal values are as good as one."""

_defaults: dict[type[HasProps], dict[str, Any]] = {}
"""Defaults by class of model and name of property; Bokeh, too, keeps every class for ever."""


@cache
def keep_model_defaults() -> None:
    """Lets Bokeh keep the defaults of its models' properties, for the whole process.

    Bokeh 3.9 prepares and validates a default whenever a property that was not set is read. A page
    has 400 models with 20 to 60 properties, and each walk through the models reads all that may
    hold another one: two fifths of the time in which a page opened went there. Only numbers, texts,
    bools and None are kept, and none that a theme sets or that a function makes.

    A Bokeh that the tests do not know is left alone, and one warning says so.
    """
    descriptor: Any = PropertyDescriptor
    insides = (
        (descriptor, "_get_default"),
        (descriptor, "has_unstable_default"),
        (HasProps, "themed_values"),
    )
    if can_patch("bokeh", SLOWER, *insides):
        descriptor._get_default = _keeping(descriptor._get_default)
        descriptor.has_unstable_default = _kept(descriptor.has_unstable_default)
        HasProps.themed_values = _themed_values  # type: ignore[method-assign]


@wraps(HasProps.themed_values)
def _themed_values(self: HasProps) -> dict[str, Any] | None:
    """The values that a theme gives; Bokeh looks among all its properties where there are none."""
    return vars(self).get("__themed_values__")


def _kept(original: Any) -> Any:
    known: dict[tuple[type[HasProps], str], bool] = {}

    @wraps(original)
    def has_unstable_default(self: PropertyDescriptor[Any], obj: HasProps) -> bool:
        """True if each object has a default of its own, as Bokeh finds out; a matter of classes."""
        key = type(obj), self.name
        if key not in known:
            known[key] = original(self, obj)
        return known[key]

    return has_unstable_default


def _keeping(original: Any) -> Any:
    @wraps(original)
    def default_of(self: PropertyDescriptor[Any], obj: HasProps) -> Any:
        """The property's default in this object, as Bokeh works it out."""
        themed = obj.themed_values()
        if themed is not None and self.name in themed:
            return original(self, obj)
        kept = _defaults.setdefault(type(obj), {})
        if self.name in kept:
            return kept[self.name]
        default = original(self, obj)
        if type(default) in UNCHANGING and not self.has_unstable_default(obj):
            kept[self.name] = default
        return default

    return default_of
