-- Months of tables of which more than a quarter lies in other parts than the largest one; the sessions first.
SELECT table, partition_id
FROM system.parts
WHERE database = currentDatabase() AND table IN {tables:Array(String)} AND active
GROUP BY table, partition_id
HAVING sum(bytes_on_disk) BETWEEN {least:UInt64} AND {most:UInt64}
  AND (sum(bytes_on_disk) - max(bytes_on_disk)) * 4 > sum(bytes_on_disk)
ORDER BY table DESC, partition_id DESC
