"""What mypy must not let through: each line with a comment has exactly this error."""

from sklearn_mlp import MLPLogisticClassifier, NetworkDisplay, trace_update

MLPLogisticClassifier(loss="hinge")  # arg-type
MLPLogisticClassifier(activation="relu")  # call-arg
MLPLogisticClassifier(4, 0.5)  # call-arg
MLPLogisticClassifier().fit([[0.0]])  # call-arg
trace_update("model", [0.0], 1)  # arg-type
NetworkDisplay.from_estimator(None)  # arg-type
