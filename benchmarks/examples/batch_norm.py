"""A residual network with batch normalization on 8 × 8 images of digits."""

from torch import Tensor, nn

from benchmarks.examples.example import Example, digits

IMAGES = {"tiny": 40, "laptop": 1500, "gpu": 1500}
BATCH = {"tiny": 20, "laptop": 100, "gpu": 100}
CHANNELS = {"tiny": 3, "laptop": 32, "gpu": 32}
EPOCHS = {"tiny": 2, "laptop": 8, "gpu": 10}
SAMPLES = {"tiny": 12, "laptop": 100, "gpu": 100}


class ResidualBlock(nn.Module):
    """Two convolutions with batch normalization, added to what comes in."""

    def __init__(self, channels: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, height, width) of the same shape."""
        return nn.functional.relu(x + self.layers(x))


def network(channels: int) -> nn.Module:
    """A convolution, two residual blocks, the mean over the image, and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(1, channels, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        ResidualBlock(channels),
        nn.MaxPool2d(2),
        ResidualBlock(channels),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, 10),
    )


def build(size: str, device: str) -> Example:
    """The example in one of the sizes, with data on a device."""
    return Example(
        "residual network with batch normalization on digits",
        network(CHANNELS[size]),
        nn.CrossEntropyLoss(),
        digits(device, IMAGES[size], BATCH[size]),
        EPOCHS[size],
        SAMPLES[size],
    )
