"""The benchmark of the optimizer at a small size: every row, its peer, and the table of them."""

from benchmarks.optimizer import __main__ as table
from benchmarks.optimizer.products import product_rows
from benchmarks.optimizer.steps import wide_rows
from benchmarks.stopwatch import Row, Timing


def test_steps_are_measured_beside_adam_and_soap():
    rows = list(wide_rows(8, "cpu", 0.001))
    assert [row.peer for row in rows].count("torch.optim.Adam") == len(rows) - 1
    (soap,) = [row for row in rows if row.peer.startswith("SOAP")]
    assert soap.allowed == 1.0
    assert "Kronecker" in soap.question
    assert all("in 10 of 8², batch 48" in row.question for row in rows)


def test_products_are_measured_in_both_orders_of_memory_and_in_pieces():
    said = [row.question for row in product_rows("cpu", 0.001, p=9000, k=4)]
    for order in ("columns", "rows"):
        assert sum(f"Wᵀg, {order} in memory" in each for each in said) == 4
        assert sum(f"g − W w, {order} in memory" in each for each in said) == 1


def test_the_file_gets_a_section_for_each_run(tmp_path):
    path = tmp_path / "table.md"
    row = Row("a step", Timing(2.0, 2.5, 3), None, "Adam", Timing(1.0, 1.0, 3), 1.5)
    for section in ("\n## cpu", "\n## cuda"):
        table.record(path, section)
        table.record(path, table.table_row(row))
    text = path.read_text()
    assert text.startswith("# Speed of")
    assert text.count("# Speed of") == 1
    assert text.count("| a step | 2.5 s | Adam | 1 s | 2.00 | ≤ 1.5 (over) |") == 2
