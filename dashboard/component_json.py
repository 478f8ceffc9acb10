"""Components as the plain data that goes to the browser. Pure.

Dash looks through every property that a component could have, a hundred and more; a page has
thousands of components, and each of them a few.
"""

from typing import Any

from dash import html
from dash.development.base_component import Component

#: What Dash notes of a component beside its properties.
_NOTES = frozenset(vars(html.Div())) - {"children"}


def as_json(part: Any) -> Any:
    """Return a component and all inside it as Dash would write them, anything else as it is.

    What stands in a dictionary is left to Dash.
    """
    if isinstance(part, Component):
        props = {
            name: value if isinstance(value, str) else as_json(value)
            for name, value in vars(part).items()
            if name not in _NOTES
        }
        return {"props": props, "type": part._type, "namespace": part._namespace}  # noqa: SLF001 - it has no other name
    if isinstance(part, list | tuple):
        return [each if isinstance(each, str) else as_json(each) for each in part]
    return part


def alike(model: Component, **props: Any) -> Component:
    """Return a component like a model, with these properties beside its own.

    For tables of thousands of cells: Dash looks into each property of each component that is made.
    Nobody does here: a property that the component does not have goes to the browser as it is.
    """
    made = object.__new__(type(model))
    vars(made).update(vars(model), **props)
    return made
