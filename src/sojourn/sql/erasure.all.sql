-- What was erased and counts.
SELECT site_id, number, max(erased_at), argMax(receipt_number, erasures.erased_at)
FROM erasures
WHERE (site_id, receipt_number) IN (SELECT site_id, receipt_number FROM receipts)
GROUP BY site_id, number
