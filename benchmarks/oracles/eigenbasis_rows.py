"""The rows of methods in eigenbases, singular vectors and other turned coordinates."""

from benchmarks.oracles import eigenbasis_forms
from benchmarks.oracles.optimizers import Float64, by, library
from benchmarks.oracles.row import CODE, FORMULA, Row
from benchmarks.oracles.variants import galore_from_step_0, soap_from_our_basis
from egop import methods

SOAP_DIFFERENCE = (
    "its QR is in float32; and m×n matrices, m ≠ n, have no first basis after one gradient: in the "
    "null space it takes what round-off leaves, ours what is left of the coordinates"
)


def soap(kind, parameter, **options):
    """SOAP that refreshes its bases every four steps."""
    return kind([parameter], 0.03, weight_decay=0.0, precondition_frequency=4, **options)


def one_sided(parameter):
    """SOAP that turns the shorter side."""
    return soap(library("SOAP"), parameter, max_precondition_dim=min(parameter.shape))


def galore(kind, parameter):
    """GaLore of a quarter of the shorter side, renewed every 20 steps."""
    projection = {"rank": -(-min(parameter.shape) // 4), "scale": 0.25, "projection_type": "std"}
    return kind([{"params": [parameter], "update_proj_gap": 20} | projection], 0.3)


EIGENBASIS_ROWS = (
    Row(
        methods.soap(0.03, refresh=4),
        "pytorch_optimizer.SOAP",
        by(lambda p: soap(library("SOAP"), p)),
        difference=SOAP_DIFFERENCE,
        corrected=by(lambda p: soap(soap_from_our_basis(), p), Float64),
        bound=1e-11,
    ),
    Row(
        methods.soap(0.03, refresh=4, sides="shorter"),
        "pytorch_optimizer.SOAP",
        by(one_sided),
        difference="its QR is in float32",
        corrected=by(one_sided, Float64),
        bound=1e-11,
    ),
    Row(
        methods.galore(0.3, refresh=20),
        "pytorch_optimizer.GaLore",
        by(lambda p: galore(library("GaLore"), p)),
        difference="it renews directions at steps T, 2T, …, ours at T+1, 2T+1, …, as in the paper; "
        "their signs are what float32 makes them, ours those nearer to the ones before",
        corrected=by(lambda p: galore(galore_from_step_0(), p), Float64),
    ),
    Row(
        methods.conda(0.03),
        "pytorch_optimizer.Conda",
        by(lambda p: library("Conda")([p], 0.03)),
        difference="its singular value decomposition is in float32",
        corrected=by(lambda p: library("Conda")([p], 0.03), Float64),
    ),
    Row(
        methods.kl_soap(0.03, refresh=4),
        FORMULA,
        eigenbasis_forms.kl_soap(0.03, 0.9, 0.98, 1e-8, 4),
        bound=1e-11,
    ),
    Row(
        methods.aro(0.3),
        FORMULA,
        eigenbasis_forms.aro(0.3, 0.95, eigenbasis_forms.sinkhorn),
        bound=1e-11,
    ),
    Row(
        methods.cosmos(0.3),
        CODE,
        eigenbasis_forms.cosmos(0.3, 0.9, 0.95, 1e-8),
        bound=1e-11,
    ),
)
