"""
A pipeline on mixed columns, and a grid search
==============================================

Numbers, categories and missing values go through a ``ColumnTransformer`` into the network, and
``GridSearchCV`` searches over learning rate and hidden size. The heat map shows that a wide range
of both does well: the learning rate may be off by a factor of three.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sklearn_mlp import LossCurveDisplay, MLPLogisticClassifier

# %%
# A made-up table of loans: three numbers, two of them skewed and one with gaps, and two categories.
# Whether a loan is paid back depends on them in a way that no weighted sum of them can express.
rng = np.random.default_rng(0)
n = 3000
X = pd.DataFrame(
    {
        "age": rng.integers(18, 80, n).astype(float),
        "income": rng.lognormal(10.0, 0.6, n),
        "amount": rng.lognormal(8.5, 0.8, n),
        "region": rng.choice(["north", "south", "east", "west"], n),
        "work": rng.choice(["employed", "self-employed", "none"], n, p=[0.6, 0.2, 0.2]),
    }
)
burden = X["amount"] / X["income"]
score = (
    3.0 * (burden > 0.4)
    + 1.5 * ((X["age"] < 25) | (X["age"] > 65))
    + 2.0 * ((X["work"] == "self-employed") & (X["region"] == "south"))
    - 1.5 * (X["work"] == "employed")
)
y = np.where(score + rng.logistic(scale=0.7, size=n) > 1.0, "default", "paid")
X.loc[rng.random(n) < 0.1, "income"] = np.nan
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
X_train.head()

# %%
# Numbers are put on one scale (the logarithm first, for the skewed ones), categories become flags.
logarithms = make_pipeline(
    FunctionTransformer(np.log), SimpleImputer(add_indicator=True), StandardScaler()
)
columns = make_column_transformer(
    (StandardScaler(), ["age"]),
    (logarithms, ["income", "amount"]),
    (OneHotEncoder(), ["region", "work"]),
)
model = make_pipeline(columns, MLPLogisticClassifier(random_state=0))
grid = {
    "mlplogisticclassifier__learning_rate_init": [0.1, 0.3, 1.0, 3.0, "auto"],
    "mlplogisticclassifier__hidden_layer_sizes": [2, 8, 32, 128, (16, 8)],
}
search = GridSearchCV(model, grid, scoring="neg_log_loss", n_jobs=2).fit(X_train, y_train)
print(search.best_params_)
print(f"log loss {-search.best_score_:.4f}; on the test set {-search.score(X_test, y_test):.4f}")
print(f"accuracy on the test set {search.best_estimator_.score(X_test, y_test):.3f}")

# %%
# The heat map: log loss, lower is better.
results = pd.DataFrame(search.cv_results_)
losses = -results.pivot(
    index="param_mlplogisticclassifier__hidden_layer_sizes",
    columns="param_mlplogisticclassifier__learning_rate_init",
    values="mean_test_score",
).reindex(index=grid["mlplogisticclassifier__hidden_layer_sizes"])
_, ax = plt.subplots(figsize=(6.5, 4.5), layout="constrained")
image = ax.imshow(losses, cmap="viridis_r")
for (row, column), loss in np.ndenumerate(losses.to_numpy()):
    dark = image.norm(loss) > 0.5
    ax.text(column, row, f"{loss:.3f}", ha="center", va="center", color="w" if dark else "k")
ax.set(
    xticks=range(losses.shape[1]),
    xticklabels=losses.columns,
    yticks=range(losses.shape[0]),
    yticklabels=map(str, losses.index),
    xlabel="learning_rate_init",
    ylabel="hidden_layer_sizes",
    title="Log loss over five folds",
)
plt.show()

# %%
# How the best one learned:
LossCurveDisplay.from_estimator(search.best_estimator_[-1])
plt.show()
