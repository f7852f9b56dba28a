-- The rows of a derived table that are not as the facts have them: missing, left over, or unlike. What they have to be
-- is a query of its own; `told` are the columns that count.
SELECT
    /* key */,
    countIf(is_stored) > 0 AS is_there,
    countIf(NOT is_stored) > 0 AS is_due,
    anyIf(told, is_stored) AS stored,
    anyIf(told, NOT is_stored) AS due
FROM
(
    SELECT /* key */, tuple(/* told */) AS told, is_stored
    FROM
    (
        SELECT /* key */, /* told */, 0 AS is_stored FROM ( /* rebuilt */ )
        UNION ALL
        SELECT /* key */, /* told */, 1 AS is_stored FROM /* table */ FINAL
        WHERE site_id = {site_id:String} AND /* scope */
    )
)
GROUP BY /* key */
HAVING count() != 2 OR uniqExact(told) != 1
ORDER BY /* key */
