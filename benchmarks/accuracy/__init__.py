"""How well the judge marks paragraphs, side by side with other classifiers trained on the same corpus."""
