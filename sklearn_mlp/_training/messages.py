"""All that the warnings after training say, and when; docs/trouble.rst lists it.

Those of `fit` have no figures of a single fit, or rounded ones: a grid of fits with one fault gives
one text. Python's filters show it again in each fit all the same, because scikit-learn's
`check_array` empties their list of what was shown.
"""

import math
from typing import NamedTuple


class Message(NamedTuple):
    """One text, to be formatted, and the condition under which it is given."""

    text: str
    condition: str


# How a warning begins.
BEGINNINGS = {
    "not learned": Message(
        "The network has not learned to tell the classes apart (judged by about {n_judged} "
        "training samples).",
        "The final network ranks the samples no better than chance, at a loss of nine tenths of "
        "that of constant probabilities or more; no cause is at hand.",
    ),
    "worse than constant": Message(
        "The probabilities of the network are worse than constant ones (judged by about {n_judged} "
        "training samples).",
        "The ranking is better than chance, but constant probabilities have a lower loss, as with "
        "class weights that are far from the shares of the classes; no cause is at hand.",
    ),
    "one class": Message(
        "All of them are predicted to be of class {name}.",
        "Stands behind either of the two above where it holds.",
    ),
    "less": Message(
        "The network seems to have learned less than it could, or nothing (judged by about "
        "{n_judged} training samples).",
        "A fit has failed as above and causes are at hand; or it has not failed, and a cause is at "
        "hand that often costs accuracy where the loss is as high as here.",
    ),
    "stream": Message(
        "The network has not learned to tell the classes apart: its mean loss on the last "
        "{n_judged} samples is {loss}, that of constant probabilities {constant_loss}.",
        "In `partial_fit`: the losses of a window of 1,000, 2,000, 4,000 ... samples are above "
        "those of constant probabilities, by a twentieth where the inputs are on odd scales, "
        "otherwise, from the second window on, by a fifth. A stream is told once.",
    ),
}

# What a warning names, in this order; each comes only where it applies.
CAUSES = {
    "different scales": Message(
        "The inputs are on different scales (root mean squares from about {smallest} to about "
        "{largest}). Try to standardize them, for instance with StandardScaler (MaxAbsScaler if X "
        "is sparse).",
        "The root mean square of the nonzero values of an input is less than a hundredth of that "
        "of another.",
    ),
    "large scale": Message(
        "The inputs are on a large scale (root mean squares up to about {largest}). Try to "
        "standardize them, for instance with StandardScaler (MaxAbsScaler if X is sparse).",
        "One of the root mean squares is above 8.",
    ),
    "small scale": Message(
        "The inputs are on a small scale (root mean squares up to about {largest}). Try to "
        "standardize them, for instance with StandardScaler (MaxAbsScaler if X is sparse).",
        "All root mean squares are below 0.05, and the mean length of a row is below 0.5.",
    ),
    "stopped": Message(
        "Training was stopped before the learning rate had fallen. Try "
        'n_iter_no_change="auto", or early_stopping=False.',
        "Early stopping ended training in the first half of a schedule with an end, or later in a "
        "fit that failed.",
    ),
    "small rate": Message(
        "learning_rate_init is too small for updates by single samples{of_default}. Try "
        '"auto"{numbers}.',
        "The rate is below a sixteenth of the default, and the fit failed; or its visits come to "
        "less than 1,000 at the default rate, and the loss still fell in the last half of the "
        "epochs; or to less than 30.",
    ),
    "large rate": Message(
        "learning_rate_init is too large{of_default}. Nodes saturate, and one class may be "
        'predicted for nearly all samples. Try "auto"{numbers}.',
        'The rate is twice the default of "linear" or more and the fit failed, or it is more than '
        "six times that default.",
    ),
    "large alpha": Message(
        'alpha is too large: "auto" would be at most {largest} here. Try a smaller one.',
        'The fit failed, and alpha is a number above three times what "auto" is for a network that '
        "has not learned; or it is above ten times that.",
    ),
    "large decay": Message(
        "alpha times learning_rate_init is so large that a single update takes half of the weights "
        "away, or more. Try smaller ones.",
        "It does at the first learning rate, and alpha alone is not too large.",
    ),
    "no bias nodes": Message(
        "Without bias nodes, an output whose weights all have one sign cannot pass f(0) = 0.5. Try "
        "fit_intercept=True, or another random_state.",
        "The fit failed without bias nodes, and there is such an output.",
    ),
    "none": Message(
        "Try {tries}.",
        "No cause is at hand. What is to be tried: more epochs; for few hidden nodes more of them "
        "and restarts, otherwise another seed; bias nodes if there are none; the other loss if a "
        "class is rare. In a stream: another rate and another seed, scaled inputs if the calls "
        "have few rows.",
    ),
}

# Warnings of their own.
WARNINGS = {
    "cut off": Message(
        "Maximum iterations ({max_iter}) reached and the optimization hasn't converged yet.",
        'A schedule without an end ("constant", "adaptive", "invscaling") was cut off by '
        "`max_iter`.",
    ),
    "validation scales": Message(
        "X_val is on another scale than X: in many columns, the mean or the standard deviation is "
        "far from that of X. The steps of a pipeline transform X, but X_val only with "
        'Pipeline(..., transform_input=["X_val"]) and metadata routing.',
        "In more than a third of the columns, the mean is more than three standard deviations off, "
        "or the standard deviation ten times as large or a tenth; 20 rows or more.",
    ),
    "alpha": Message(
        "alpha is so large that a single update takes half of the weights away, or more. In "
        "partial_fit, alpha is divided by the number of samples of the call. To regularize as fit "
        "on n samples does, multiply it by {n_samples} / n.",
        "In `partial_fit`, at the learning rate of the call. A stream is told once.",
    ),
}


def rounded(number, digits):
    """A number with so many significant digits, the same for fits on nearly the same samples."""
    if not number or not math.isfinite(number):
        return f"{number:g}"
    return f"{float(f'{number:.{digits - 1}e}'):,.15g}"


def order_of(number):
    """The nearest power of ten."""
    if not number or not math.isfinite(number):
        return f"{number:g}"
    return f"{10.0 ** round(math.log10(number)):g}"
