"""Columns of Arrow as ClickHouse declares them."""

import pyarrow as pa
import pytest

from sojourn.store.structure import structure_of


def test_each_kind_of_column() -> None:
    table = pa.table(
        {
            "at": pa.array([1], pa.int64()),
            "bucket": pa.array([1], pa.uint16()),
            "value": pa.array([None], pa.float64()),
            "whole": pa.array([1.5], pa.float64()),
            "text": pa.array(["a"], pa.large_string()),
            "type": pa.array(["a"]).dictionary_encode(),
            "country": pa.array([None, "a"][:1], pa.string()).dictionary_encode(),
            "types": pa.array([["a"]]),
            "purchases": pa.array([[{"1": 1.0, "2": "EUR"}]]),
            "flag": pa.array([True]),
        }
    )
    assert structure_of(table) == [
        "`at` Int64",
        "`bucket` UInt16",
        "`value` Nullable(Float64)",
        "`whole` Float64",
        "`text` String",
        "`type` LowCardinality(String)",
        "`country` LowCardinality(Nullable(String))",
        "`types` Array(String)",
        "`purchases` Array(Tuple(`1` Float64, `2` String))",
        "`flag` Bool",
    ]


def test_what_has_no_type_says_so() -> None:
    with pytest.raises(TypeError, match="date32"):
        structure_of(pa.table({"day": pa.array([1], pa.date32())}))
