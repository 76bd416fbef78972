"""A component in JavaScript from which the server takes only what its script tells."""

from math import inf
from typing import Any, ClassVar

from panel.custom import JSComponent

LONGEST = 100_000
"""Characters of a text that the browser may tell: a whole scene has a few thousand."""


class Component(JSComponent):
    """A component whose properties the browser cannot set, but for those of `_told`.

    Panel takes any value of any property from the browser, and an error of its type goes into the
    log with a traceback. Here a value that the property refuses changes nothing, and messages are
    given to `_take` alone where they are what the script sends.
    """

    __abstract = True

    _told: ClassVar[tuple[str, ...]] = ()
    """Names of the properties that the component's script sets."""

    @property
    def _linked_properties(self) -> tuple[str, ...]:
        return self._told

    def _process_property_change(self, props: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in props.items() if self._takes(name, value)}
        return super()._process_property_change(kept)

    def _takes(self, name: str, value: Any) -> bool:
        """Returns True if a property may have a value of the browser's."""
        if name not in self._told or (isinstance(value, str) and len(value) > LONGEST):
            return False
        if isinstance(value, float) and not -inf < value < inf:
            return False
        try:
            self.param[name]._validate(value)
        except (TypeError, ValueError):
            return False
        return True
