"""The page that `panel serve app` serves; `egop app` serves the same without this folder."""

from egop.page.main import served_page

served_page().servable()
