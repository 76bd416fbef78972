"""Results of the lab in a browser: what is shown fits into the window."""

import pytest

import egop.lab
from egop.lab.views.html import PHONE, STYLE
from tests.lab.fakes import result

WIDTHS = """(html) => {
  const host = document.body.appendChild(document.createElement("div"));
  host.attachShadow({mode: "open"}).innerHTML = html;
  const inside = host.shadowRoot.querySelector(".scroll");
  return [inside.scrollWidth, inside.clientWidth];
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_all_columns_are_in_view_on_a_phone(visit, width):
    names = {"optimizer": ["normalized_momentum", "kl_shampoo"], "basis": ["original", "kronecker"]}
    html = egop.lab.open(result().assign_coords(names)).dashboard.rotations.html
    page = visit(viewport={"width": width, "height": 844}).page
    needed, given = page.evaluate(WIDTHS, f"<style>{STYLE}{PHONE}</style>{html}")
    assert needed <= given
