"""A convolutional network on 8 × 8 images of digits, small enough for dense bases."""

from torch import nn

from benchmarks.examples.example import Example, digits

IMAGES = {"tiny": 40, "laptop": 1500, "gpu": 1500}
BATCH = {"tiny": 20, "laptop": 100, "gpu": 100}
CHANNELS = {"tiny": 2, "laptop": 12, "gpu": 12}
EPOCHS = {"tiny": 2, "laptop": 16, "gpu": 14}
SAMPLES = {"tiny": 12, "laptop": 200, "gpu": 200}


def network(channels: int) -> nn.Module:
    """Three convolutions, the last two of which halve the image, and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(1, channels, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(channels, channels, kernel_size=3, padding=1, stride=2),
        nn.ReLU(),
        nn.Conv2d(channels, channels, kernel_size=3, padding=1, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * channels, 10),
    )


def build(size: str, device: str) -> Example:
    """The example in one of the sizes, with data on a device."""
    return Example(
        "convolutional network on digits",
        network(CHANNELS[size]),
        nn.CrossEntropyLoss(),
        digits(device, IMAGES[size], BATCH[size]),
        EPOCHS[size],
        SAMPLES[size],
    )
