"""What mypy must not let through: each line with a comment has exactly this error."""

from sklearn_mlp import MLPLogisticClassifier, NetworkDisplay, trace_training, trace_update

MLPLogisticClassifier(loss="hinge")  # arg-type
MLPLogisticClassifier(activation="relu")  # call-arg
MLPLogisticClassifier(4, 0.5)  # call-arg
MLPLogisticClassifier().fit([[0.0]])  # call-arg
trace_update(MLPLogisticClassifier(), [0.0])  # call-arg
trace_training(MLPLogisticClassifier(), [[0.0]], [0], updates="1")  # arg-type
NetworkDisplay.from_trace(None)  # arg-type
