-- What a session's formulas read of the CTE `combined`: how many pages and steps, no longer which.
SELECT
    * EXCEPT (pages, content_pages, steps, purchases),
    toUInt64(length(pages)) AS page_count,
    toUInt64(length(content_pages)) AS content_page_count,
    toUInt64(length(steps)) AS step_count,
    purchases.1 AS amounts,
    purchases.2 AS currencies
FROM combined
