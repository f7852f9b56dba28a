"""How ClickHouse declares the columns of an Arrow table."""

import pyarrow as pa

_NUMBERS = {
    **{
        pa.type_for_alias(f"{sign}int{size}"): f"{sign.upper()}Int{size}"
        for sign in ("", "u")
        for size in (8, 16, 32, 64)
    },
    pa.float64(): "Float64",
    pa.bool_(): "Bool",
}


def structure_of(table: pa.Table) -> list[str]:
    """`name type` of each column; one without nulls is not Nullable. Raises TypeError for a type that none fits."""
    return [f"`{name}` {_type_of(column.type, column.null_count > 0)}" for name, column in _columns(table)]


def _columns(table: pa.Table) -> list[tuple[str, pa.ChunkedArray]]:
    return list(zip(table.column_names, table.columns, strict=True))


def _type_of(kind: pa.DataType, is_nullable: bool = False) -> str:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"Array({_type_of(kind.value_type)})"
    if pa.types.is_struct(kind):
        return f"Tuple({', '.join(f'`{field.name}` {_type_of(field.type)}' for field in kind)})"
    if pa.types.is_dictionary(kind):
        return f"LowCardinality({_type_of(kind.value_type, is_nullable)})"
    text = _NUMBERS.get(kind) or ("String" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else None)
    if text is None:
        raise TypeError(f"there is no type for {kind}")
    return f"Nullable({text})" if is_nullable else text
