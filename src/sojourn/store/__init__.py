"""The store: the one place that knows SQL; it knows no rule of the product."""
