"""What goes into a file for a spreadsheet, which would take some texts for formulas and run them."""

import pyarrow as pa
import pyarrow.compute as pc

FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BEGINS_ONE = r"\A[=+\-@\t\r]"


def guarded_text(text: str) -> str:
    """The text with an apostrophe before it where it begins like a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def guarded(table: pa.Table) -> pa.Table:
    """The same for every column of texts; numbers stay numbers."""
    columns = [_guarded_column(table[name]) for name in table.column_names]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def _guarded_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(column.type):
        return column
    begins_one = pc.match_substring_regex(column, _BEGINS_ONE)
    return pc.if_else(begins_one, pc.binary_join_element_wise("'", column, ""), column)
