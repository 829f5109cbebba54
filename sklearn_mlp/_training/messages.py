"""All that the warnings after training say, and when; docs/trouble.rst lists it.

Those of `fit` contain no exact figures of a single fit: a grid of fits with one fault gives one
text. Python's filters still show it again in each fit, because scikit-learn's `check_array` resets
their record of the warnings that were shown.
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
        "The final network ranks the samples no better than chance, its loss is at least nine "
        "tenths of that of constant probabilities, and no likely cause was found.",
    ),
    "worse than constant": Message(
        "The probabilities of the network are worse than constant ones (judged by about {n_judged} "
        "training samples).",
        "The ranking is better than chance, but constant probabilities have a lower loss, for "
        "instance because class weights are far from the shares of the classes. No likely cause "
        "was found.",
    ),
    "one class": Message(
        "All of these samples are predicted to be of class {name}.",
        "Added to either of the two above if it applies.",
    ),
    "less": Message(
        "The network seems to have learned less than it could, or nothing (judged by about "
        "{n_judged} training samples).",
        "Either a fit has failed as above, and likely causes were found; or it has not failed, "
        "but a cause was found that often costs accuracy when the loss is as high as it is here.",
    ),
    "stream": Message(
        "The network has not learned to tell the classes apart: its mean loss on the last "
        "{n_judged} samples is {loss}, that of constant probabilities {constant_loss}.",
        "In `partial_fit`: the mean loss of a window of 1,000, 2,000, 4,000 ... samples exceeds "
        "that of constant probabilities: by a twentieth if the inputs are badly scaled; if not, "
        "by a fifth, and only from the second window on. Given once per stream.",
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
        "Early stopping ended training in the first half of a schedule that has an end; or in its "
        "second half, if the fit failed.",
    ),
    "small rate": Message(
        "learning_rate_init is too small for updates by single samples{of_default}. Try "
        '"auto"{numbers}.',
        "The learning rate is below a sixteenth of the default, and one of these is true: the fit "
        "failed; all visits together amount to less than 1,000 visits at the default learning "
        "rate, and the loss was still falling in the second half of the epochs; all visits "
        "together amount to less than 30 visits at the default learning rate.",
    ),
    "large rate": Message(
        "learning_rate_init is too large{of_default}. Nodes saturate, and one class may be "
        'predicted for nearly all samples. Try "auto"{numbers}.',
        'The learning rate is at least twice the default of "linear" and the fit failed, or it is '
        "more than six times that default.",
    ),
    "large alpha": Message(
        'alpha is too large: "auto" would be at most {largest} here. Try a smaller one.',
        'The fit failed, and alpha is a number more than three times as large as "auto" is for a '
        "network that has not learned; or, failed or not, alpha is more than ten times that.",
    ),
    "large decay": Message(
        "alpha times learning_rate_init is so large that a single update halves the weights, or "
        "shrinks them even more. Try smaller values.",
        "This is true at the first learning rate, and alpha alone is not too large.",
    ),
    "no bias nodes": Message(
        "Without bias nodes, an output whose weights all have the same sign cannot pass f(0) = "
        "0.5. Try fit_intercept=True, or another random_state.",
        "The fit failed without bias nodes, and there is such an output.",
    ),
    "none": Message(
        "Try {tries}.",
        "No likely cause was found. The warning suggests more epochs; more hidden nodes and "
        "restarts if the hidden nodes are few, otherwise another seed; bias nodes if there are "
        "none; the other loss if a class is rare. In a stream, it suggests another learning rate "
        "and another seed, and scaled inputs if the calls have few rows.",
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
        "X_val is on a different scale from X: in many columns, the mean or the standard "
        "deviation is far from that of X. The steps of a pipeline transform X, but they transform "
        'X_val only with Pipeline(..., transform_input=["X_val"]) and metadata routing.',
        "In more than a third of the columns, the mean is more than three standard deviations off, "
        "or the standard deviation is more than ten times as large or less than a tenth. Only "
        "given if X_val has at least 20 rows.",
    ),
    "alpha": Message(
        "alpha is so large that a single update halves the weights, or shrinks them even more. In "
        "partial_fit, alpha is divided by the number of samples of the call. To regularize as "
        "strongly as fit does on n samples, multiply alpha by {n_samples} / n.",
        "In `partial_fit`, at the learning rate of the call. Given once per stream.",
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
