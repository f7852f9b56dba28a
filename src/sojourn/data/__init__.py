"""Data that comes with the package.

`ecom_segment.ndjson.gz`: 31,106 events of 600 people as Segment messages, in time order; from the synthetic data set
of retentioneering 5.2.4, Apache-2.0.
"""
