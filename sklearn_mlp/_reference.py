"""The equations of the network in plain NumPy: oracle of the tests, text of the docs and traces.

Source: Robert Keim, "Understanding Training Formulas and Backpropagation for Multilayer
Perceptrons", All About Circuits, 27 December 2019; derivation after Dustin Stansbury. The
article's names stand beside the standard ones:

===================  ====================================================================
article              standard
===================  ====================================================================
``ItoH``, ``HtoO``   weights of the first and of the last layer (``coefs[0]``, ``coefs[-1]``)
``S_preA``           preactivation (net input) of the nodes of a layer
``S_postA``          postactivation (output) of the nodes of a layer, ``f(S_preA)``
``T``                target, 0 or 1
``FE``               final error, ``S_postA,O - T``
``S_ERROR``          error signal of the output node, ``FE * f'(S_preA,O)`` by the squared error
``LR``               learning rate
===================  ====================================================================

Here every layer but the last is hidden, every node is logistic, and the last layer has one
node. ``coefs[l]`` has shape (fan_in, fan_out), ``intercepts[l]`` shape (fan_out,);
``intercepts=None`` is a network without bias nodes, the article's own. `activations` are the names
of the activation functions of the hidden nodes and of the output node.
"""

import numpy as np

LOGISTIC = ("logistic", "logistic")


def logistic(x):
    """The article's activation function ``f``."""
    with np.errstate(over="ignore"):  # exp(1000) is inf and 1 / inf is the right limit, 0
        return 1.0 / (1.0 + np.exp(-x))


def derivatives(S_postA, *, activations=LOGISTIC):
    """``f'(S_preA) = f * (1 - f)``, from the postactivations of each layer."""
    _check_activations(activations)
    return [f * (1.0 - f) for f in S_postA]


def _check_activations(activations):
    if activations != LOGISTIC:
        raise ValueError(f"The equations have no activations {activations}, only {LOGISTIC}.")


def forward(x, coefs, intercepts=None, *, activations=LOGISTIC):
    """Send one sample, or each row of a matrix of samples, through the network.

    Parameters
    ----------
    x : array of shape (n_inputs,) or (n_samples, n_inputs)
    coefs, intercepts, activations : see the top of this module

    Returns
    -------
    S_preA, S_postA : lists of arrays
        One entry per layer, hidden layers first; the output node's is the last, of shape (1,) or
        (n_samples, 1).
    """
    _check_activations(activations)
    S_preA, S_postA = [], []
    signal = x
    for layer, weight in enumerate(coefs):
        S_preA.append(signal @ weight + (0.0 if intercepts is None else intercepts[layer]))
        S_postA.append(logistic(S_preA[-1]))
        signal = S_postA[-1]
    return S_preA, S_postA


def sample_loss(S_preA_O, T, *, loss="squared_error"):
    """``1/2 * FE**2``, or ``-log`` of the probability given to the target, from the logit.

    ``log(1 + exp(-S_preA_O))`` for T = 1, with the other sign for T = 0: exact also where the
    probability rounds to 0 or 1.
    """
    if loss == "squared_error":
        return 0.5 * (logistic(S_preA_O) - T) ** 2
    if loss == "log_loss":
        with np.errstate(invalid="ignore"):  # nan stays nan
            return np.logaddexp(0.0, (1.0 - 2.0 * T) * S_preA_O)
    raise ValueError(f"The equations have no loss {loss!r}.")


def output_error_signal(FE, f_prime, *, loss="squared_error"):
    """``S_ERROR``, the derivative of `sample_loss` by ``S_preA,O``.

    The square's factor 2 and the 1/2 cancel, so the article's formula carries no factor. With log
    loss the derivative ``f'`` of the output node cancels too.
    """
    if loss == "squared_error":
        return FE * f_prime
    if loss == "log_loss":
        return FE
    raise ValueError(f"The equations have no loss {loss!r}.")


def gradients(x, T, coefs, intercepts=None, *, loss="squared_error", activations=LOGISTIC):
    """Backpropagate one sample: the gradients of its loss.

    Every gradient uses the weights from before the sample.

    Returns
    -------
    grad_coefs, grad_intercepts : lists of arrays shaped like `coefs` and the layers' biases
    value : float
        The loss.
    """
    S_preA, S_postA = forward(x, coefs, intercepts, activations=activations)
    f_prime = derivatives(S_postA, activations=activations)
    FE = S_postA[-1][0] - T
    error_signal = np.array([output_error_signal(FE, f_prime[-1][0], loss=loss)])  # S_ERROR

    inputs = [x, *S_postA[:-1]]  # what flows into each layer
    grad_coefs, grad_intercepts = [None] * len(coefs), [None] * len(coefs)
    for layer in reversed(range(len(coefs))):
        # gradient_HtoO = S_ERROR * S_postA,H
        # gradient_ItoH = S_ERROR * weight_HtoO * f'(S_preA,H) * input
        grad_coefs[layer] = np.outer(inputs[layer], error_signal)
        grad_intercepts[layer] = error_signal  # a bias node's input is 1
        if layer > 0:
            error_signal = (coefs[layer] @ error_signal) * f_prime[layer - 1]
    return grad_coefs, grad_intercepts, sample_loss(S_preA[-1][0], T, loss=loss)


def epoch(
    X,
    y,
    coefs,
    intercepts=None,
    *,
    LR,
    order=None,
    step=None,
    alpha=0.0,
    loss="squared_error",
    activations=LOGISTIC,
):
    """Visit samples one by one and change all weights after each: ``weight -= LR * gradient``.

    With `alpha`, the objective is the mean loss plus ``alpha / (2 n)`` times the sum of the squared
    weights, without those of bias nodes; n is the sum of the steps of all visits. Its term shrinks
    each weight in a visit by the factor ``1 - LR * step * alpha / n``, but never below 0.

    Parameters
    ----------
    X : array of shape (n_samples, n_inputs)
    y : array of shape (n_samples,), targets 0 or 1
    coefs, intercepts : lists of arrays, changed in place
    LR : float
    order : sequence of row numbers, default=every row once, in file order
    step : array of shape (n_samples,), default=1
        Scale of the learning rate (and of the loss) for each row.
    alpha : float
    loss : {"squared_error", "log_loss"}
    activations : (str, str)

    Returns
    -------
    mean_loss : float
        Mean over the visits, weighted by `step`, of the loss before each visit's update, without
        the term of `alpha`.
    """
    order = range(len(X)) if order is None else order
    step = np.ones(len(X)) if step is None else step
    total_loss, total = 0.0, sum(step[row] for row in order)
    for row in order:
        grad_coefs, grad_intercepts, value = gradients(
            X[row], y[row], coefs, intercepts, loss=loss, activations=activations
        )
        for layer, weight in enumerate(coefs):
            weight *= max(0.0, 1.0 - LR * step[row] * alpha / total)
            weight -= LR * step[row] * grad_coefs[layer]
            if intercepts is not None:
                intercepts[layer] -= LR * step[row] * grad_intercepts[layer]
        total_loss += step[row] * value
    return total_loss / total
