"""The paper's data: which images, which split, which scale; and what is said without them."""

import gzip
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from egop import networks
from egop.networks.downloads import DataError, collection, data_folder, missing, read

SIZES = {"digits": (3823, 598, 1199), "fashion": (24000, 1000, 3000)}


@pytest.fixture(scope="module")
def digits():
    return full_set("digits")


@pytest.fixture(scope="module")
def fashion():
    return full_set("fashion")


@pytest.fixture(params=SIZES)
def full(request):
    return request.getfixturevalue(request.param)


def full_set(name):
    if missing(collection(name)):
        pytest.skip("the full data set is not here")
    return networks.load(name)


@pytest.fixture(scope="module")
def reduced(tmp_path_factory):
    return networks.load("digits", tmp_path_factory.mktemp("empty"))


def parts(dataset):
    return dataset.train, dataset.validation, dataset.test


def test_sizes_and_kinds_of_numbers(full):
    assert tuple(map(len, parts(full))) == SIZES[full.name]
    assert (full.n_features, full.n_classes) == {"digits": (64, 10), "fashion": (196, 4)}[full.name]
    for part in parts(full):
        assert part.inputs.dtype == torch.float32
        assert part.targets.dtype == torch.int64
    assert full.note == ""


def test_every_part_has_its_share_of_every_class(full):
    held_out = torch.cat([full.validation.targets, full.test.targets])
    for part in (full.validation, full.test):
        exact = torch.bincount(held_out) * (len(part) / len(held_out))
        assert (torch.bincount(part.targets) - exact).abs().max() <= 1


def test_digits_are_split_as_scikit_learn_splits_them(digits):
    pixels, classes = load_digits(return_X_y=True)
    validation, test, validation_classes, test_classes = train_test_split(
        pixels, classes, test_size=1199, random_state=342, stratify=classes
    )
    np.testing.assert_array_equal(digits.validation.inputs * 16, validation)
    np.testing.assert_array_equal(digits.test.inputs * 16, test)
    np.testing.assert_array_equal(digits.validation.targets, validation_classes)
    np.testing.assert_array_equal(digits.test.targets, test_classes)


def test_training_digits_are_the_lines_of_the_file_in_their_order(digits):
    lines = read(collection("digits"))["optdigits.tra"].decode().split()
    for i in (0, 1000, 3822):
        *pixels, label = map(int, lines[i].split(","))
        assert (digits.train.inputs[i] * 16).tolist() == pixels
        assert digits.train.targets[i] == label


def test_fashion_images_show_the_largest_of_four_pixels(fashion):
    contents = read(collection("fashion"))
    images = np.frombuffer(
        gzip.decompress(contents["train-images-idx3-ubyte.gz"]), np.uint8, -1, 16
    )
    labels = np.frombuffer(gzip.decompress(contents["train-labels-idx1-ubyte.gz"]), np.uint8, -1, 8)
    kept = np.flatnonzero(labels < 4)
    np.testing.assert_array_equal(fashion.train.targets, labels[kept])
    for i in (0, 777, 23999):
        image = images.reshape(-1, 28, 28)[kept[i]]
        shown = (fashion.train.inputs[i].reshape(14, 14) + 1) * 127.5
        for row, column in ((0, 0), (3, 5), (7, 7), (13, 13)):
            square = image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            assert round(float(shown[row, column])) == square.max()
    assert fashion.train.inputs.min() == -1.0
    assert fashion.train.inputs.max() == 1.0


def test_no_image_is_in_two_parts(reduced):
    everything = torch.cat([part.inputs for part in parts(reduced)])
    rows = sorted(map(tuple, (everything * 16).int().tolist()))
    assert rows == sorted(map(tuple, load_digits().data.astype(int).tolist()))


def test_without_the_files_the_digits_are_the_reduced_ones_and_say_so(reduced):
    assert tuple(map(len, parts(reduced))) == (1222, 191, 384)
    assert "1797 digits, not the paper's 5620" in reduced.note
    assert "egop data fetch digits" in reduced.note


def test_fingerprints_tell_data_apart_and_nothing_else(reduced, tmp_path):
    again = networks.load("digits", tmp_path)
    assert again.fingerprint == reduced.fingerprint
    inputs = reduced.test.inputs.clone()
    inputs[5, 20] += 1e-6
    other = networks.Dataset(
        "digits",
        reduced.train,
        reduced.validation,
        type(reduced.test)(inputs, reduced.test.targets),
    )
    assert other.fingerprint != reduced.fingerprint


def test_an_altered_file_is_refused_rather_than_replaced_by_the_reduced_set(tmp_path):
    if missing(collection("digits")):
        pytest.skip("the full data set is not here")
    home = tmp_path / "optdigits"
    home.mkdir()
    for path in (data_folder() / "optdigits").iterdir():
        content = path.read_bytes()
        (home / path.name).write_bytes(content[:-1] if path.name.endswith("tes") else content)
    with pytest.raises(DataError, match=r"optdigits\.tes is truncated .* egop data fetch digits"):
        networks.load("digits", tmp_path)


def test_missing_fashion_files_and_unknown_names_are_one_sentence(tmp_path):
    with pytest.raises(DataError, match=r"gz is missing: run egop data fetch fashion$"):
        networks.load("fashion", tmp_path)
    with pytest.raises(DataError, match="no data set 'Fashions': did you mean 'fashion'"):
        networks.load("Fashions")


def test_without_torch_one_sentence_says_what_to_install():
    code = "import sys; sys.modules['torch'] = None; import egop; egop.networks.load('digits')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = run.stderr.strip().splitlines()[-1]
    assert last == (
        "ImportError: egop.networks.load needs the package torch, which is not installed: "
        'run pip install "egop[networks]".'
    )


def test_a_file_of_bases_is_not_a_data_set(tmp_path):
    (tmp_path / "bases.safetensors").write_bytes(b"")
    with pytest.raises(DataError, match=r"BlockBases\.load takes one of bases"):
        networks.load(tmp_path / "bases.safetensors")
