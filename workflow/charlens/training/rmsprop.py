"""RMSProp as in char-rnn, on clamped gradients (paper, section 3.3)."""

from __future__ import annotations

import torch
from torch import Tensor

from charlens.training.settings import Training


class RMSProp:
    """Updates weights in place from preallocated buffers, so that a CUDA graph can hold it.

    ``weights -= rate · g / (√m + ε)`` with ``m = decay · m + (1 − decay) · g²`` and g the gradient,
    every element clamped to [−clip, clip].

    Args:
        weights: one vector per model, (M, total); updated in place.
        training: the config's section.
    """

    def __init__(self, weights: Tensor, training: Training, *_: object) -> None:
        self.weights, self.training = weights, training
        self.mean_square = torch.zeros_like(weights)
        self.rate = torch.zeros((), device=weights.device)  # a tensor: graphs read its value
        self._root = torch.empty_like(weights)

    @property
    def state(self) -> dict[str, Tensor]:
        """What a resumed training needs beside the weights, by name, each (M, total)."""
        return {"mean_square": self.mean_square}

    def start_epoch(self, epoch: int) -> None:
        """Set the learning rate of an epoch, counted from 0."""
        self.rate.fill_(self.rate_in(epoch))

    def rate_in(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        return learning_rate(self.training, epoch)

    def update(self, grad: Tensor) -> None:
        """Take one step.

        Args:
            grad: d loss / d weights, (M, total); overwritten.
        """
        t = self.training
        grad.clamp_(-t.clip, t.clip)
        self.mean_square.mul_(t.rmsprop_decay).addcmul_(grad, grad, value=1.0 - t.rmsprop_decay)
        torch.sqrt(self.mean_square, out=self._root).add_(t.epsilon)
        grad.div_(self._root).mul_(self.rate)
        self.weights.sub_(grad)


def learning_rate(training: Training, epoch: int) -> float:
    """Rate in an epoch counted from 0: constant, then multiplied by a factor each epoch."""
    later = max(0, epoch + 1 - training.anneal_after)
    return training.learning_rate * training.anneal_factor**later
