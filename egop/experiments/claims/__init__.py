"""The paper's claims beside what was measured: how it is measured, decided and said."""
