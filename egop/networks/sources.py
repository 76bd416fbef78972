"""The data sets the public has: their files with pinned sums, and where to get them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PinnedFile:
    """A file known by its size and SHA-256."""

    name: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class Collection:
    """The files of one data set and where the public has them.

    Attributes:
        name: of the data set, as `egop data fetch` takes it.
        folder: below the data folder.
        files: what it consists of.
        mirrors: addresses of folders that hold every file under its own name; tried in turn.
        archives: addresses of zip files that hold every file; tried where the mirrors fail. They
            have no sum of their own, since their members have.
        reference: where the data come from, and their license.
    """

    name: str
    folder: str
    files: tuple[PinnedFile, ...]
    mirrors: tuple[str, ...]
    archives: tuple[str, ...] = ()
    reference: str = ""


_UCI = "https://archive.ics.uci.edu"
COLLECTIONS = {
    "digits": Collection(
        name="digits",
        folder="optdigits",
        files=(
            PinnedFile(
                "optdigits.tra",
                563639,
                "e1b683cc211604fe8fd8c4417e6a69f31380e0c61d4af22e93cc21e9257ffedd",
            ),
            PinnedFile(
                "optdigits.tes",
                264712,
                "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8",
            ),
        ),
        mirrors=(f"{_UCI}/ml/machine-learning-databases/optdigits/",),
        archives=(f"{_UCI}/static/public/80/optical+recognition+of+handwritten+digits.zip",),
        reference="Alpaydin & Kaynak 1998, UCI data set 80, doi 10.24432/C50P49, CC BY 4.0",
    ),
    "fashion": Collection(
        name="fashion",
        folder="fashion-mnist",
        files=(
            PinnedFile(
                "train-images-idx3-ubyte.gz",
                26421880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            PinnedFile(
                "train-labels-idx1-ubyte.gz",
                29515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            PinnedFile(
                "t10k-images-idx3-ubyte.gz",
                4422102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            PinnedFile(
                "t10k-labels-idx1-ubyte.gz",
                5148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ),
        reference="Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747, MIT license",
    ),
}
