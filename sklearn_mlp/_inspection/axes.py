"""What the displays have in common. matplotlib is imported when something is drawn."""


def axes_for(ax, caller, height=4.8):
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f'{caller} needs matplotlib: pip install "sklearn-mlp[plot]", or matplotlib.'
        ) from error
    return plt.subplots(figsize=(6.4, height))[1] if ax is None else ax


def normalized(kw, artist):
    """Keyword arguments of an artist by their full names, to stand behind defaults."""
    from matplotlib.cbook import normalize_kwargs

    return normalize_kwargs(kw, artist)
