"""A small GPT that predicts the next letter of Python's documentation, which every Python has."""

import math
from collections.abc import Iterator
from pydoc_data.topics import topics

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.examples.example import Example

LETTERS = "\n" + "".join(map(chr, range(32, 127)))
"""Letters that are kept: lines and what ASCII prints, 96 of them."""
WIDTH = {"tiny": 8, "laptop": 96, "gpu": 128}
LAYERS = {"tiny": 1, "laptop": 2, "gpu": 4}
CONTEXT = {"tiny": 8, "laptop": 32, "gpu": 64}
BATCH = {"tiny": 4, "laptop": 16, "gpu": 32}
STEPS = {"tiny": 3, "laptop": 20, "gpu": 25}
"""Minibatches of an epoch."""
EPOCHS = {"tiny": 2, "laptop": 8, "gpu": 7}
SAMPLES = {"tiny": 12, "laptop": 100, "gpu": 100}
HEADS = 4


class Attention(nn.Module):
    """Causal self-attention with one stacked projection of queries, keys and values."""

    def __init__(self, width: int):
        super().__init__()
        self.queries_keys_values = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, length, width) of the same shape."""
        n, length, width = x.shape
        heads = self.queries_keys_values(x).view(n, length, 3, HEADS, width // HEADS)
        queries, keys, values = heads.permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        return self.out(found.transpose(1, 2).reshape(n, length, width))


class Layer(nn.Module):
    """Attention and a network of each position, both on normalized inputs and added to them."""

    def __init__(self, width: int):
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(width), Attention(width))
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width, bias=False),
            nn.GELU(),
            nn.Linear(4 * width, width, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, length, width) of the same shape."""
        x = x + self.attention(x)
        return x + self.feed_forward(x)


class GPT(nn.Module):
    """Logits of the next letter at each position."""

    def __init__(self, width: int, layers: int, context: int):
        super().__init__()
        self.letters = nn.Embedding(len(LETTERS), width)
        self.positions = nn.Embedding(context, width)
        self.layers = nn.Sequential(*(Layer(width) for _ in range(layers)), nn.LayerNorm(width))
        self.head = nn.Linear(width, len(LETTERS), bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """(n, length, letters) of tokens (n, length)."""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        return self.head(self.layers(self.letters(tokens) + self.positions(places)))


def loss(model: nn.Module, tokens: Tensor) -> Tensor:
    """The mean cross-entropy of the next letter, of windows (n, length + 1)."""
    logits = model(tokens[:, :-1])
    return functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


class Windows:
    """Minibatches of windows of a text, at places drawn from PyTorch's own generator.

    Args:
        tokens: (n,) of the text.
        length: of a window.
        size: windows of a minibatch.
        steps: minibatches of an epoch.
    """

    def __init__(self, tokens: Tensor, length: int, size: int, steps: int):
        self.tokens, self.length, self.size, self.steps = tokens, length, size, steps

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[Tensor]:
        windows = self.tokens.unfold(0, self.length, 1)
        for _ in range(self.steps):
            yield windows[torch.randint(len(windows), (self.size,)).to(windows.device)]


def text() -> Tensor:
    """The documentation of Python's language, as numbers of letters."""
    places = {letter: place for place, letter in enumerate(LETTERS)}
    written = "\n".join(topics[name] for name in sorted(topics))
    return torch.tensor([places[letter] for letter in written if letter in places])


def build(size: str, device: str) -> Example:
    """The example in one of the sizes, with data on a device."""
    tokens, window = text().to(device), CONTEXT[size] + 1
    kept = math.floor(0.9 * len(tokens))
    return Example(
        "small GPT on the documentation of Python",
        GPT(WIDTH[size], LAYERS[size], CONTEXT[size]),
        loss,
        {
            "train": Windows(tokens[:kept], window, BATCH[size], STEPS[size]),
            "validation": Windows(tokens[kept:], window, BATCH[size], min(10, STEPS[size])),
        },
        EPOCHS[size],
        SAMPLES[size],
    )
