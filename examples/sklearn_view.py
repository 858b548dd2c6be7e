"""scikit-learn: the released model as an estimator, for its metrics, searches and reports."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

import pressmark


class PressmarkClassifier(ClassifierMixin, BaseEstimator):
    """The judge with scikit-learn's manners; paragraphs are judged alone. `fit` loads, it does not learn."""

    def __init__(self, model: str | None = None) -> None:
        self.model = model

    def fit(self, X: Sequence[str] | None = None, y: Any = None) -> "PressmarkClassifier":  # noqa: ANN401, ARG002, N803
        """Load the release."""
        self.judge_ = pressmark.load(self.model)
        self.classes_ = np.array(self.judge_.classes)
        return self

    def predict_proba(self, X: Sequence[str]) -> np.ndarray:  # noqa: N803
        """Return the calibrated probabilities, in the order of `classes_`."""
        check_is_fitted(self)
        marked = [self.judge_.classify([text]).paragraphs[0].scores for text in X]
        return np.array([[scores[name] for name in self.judge_.classes] for scores in marked])

    def predict(self, X: Sequence[str]) -> np.ndarray:  # noqa: N803
        """Return the likeliest class of each paragraph; it never abstains."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]


if __name__ == "__main__":
    view = PressmarkClassifier().fit()
    print(view.predict(["The missile units held a launching drill.", "Farmers transplanted rice seedlings."]))
