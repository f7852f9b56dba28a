"""Made-up behaviour for the demo: leads of a product that does not exist, by a seed and by instants that are given.

Nothing here looks at a clock, sleeps or knows the store: `World` tells what is sent, and when.
"""
