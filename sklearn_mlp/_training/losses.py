"""Losses of samples, and of an output that is constant."""

import numpy as np
from scipy.special import entr, expit, log_expit

from .data import target_shares


def losses_of(logits, targets, loss_name):
    """Loss of each sample and network; all three are arrays of shape (n_samples, n_networks)."""
    margins = np.where(targets, logits, -logits).astype(np.float64)
    return -log_expit(margins) if loss_name == "log_loss" else 0.5 * expit(-margins) ** 2


def loss_of_constant_output(training, n_networks, loss_name):
    """Mean loss of networks whose output is constant: the share of the samples with target 1."""
    return constant_loss_of(target_shares(training, n_networks), loss_name)


def constant_loss_of(shares, loss_name):
    """Mean over the networks, from the shares of their samples with target 1."""
    losses = entr(shares) + entr(1.0 - shares)
    if loss_name == "squared_error":
        losses = 0.5 * shares * (1.0 - shares)
    return float(losses.mean())
