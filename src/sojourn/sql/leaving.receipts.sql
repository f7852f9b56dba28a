-- Whose deletion was begun.
SELECT DISTINCT receipt_number FROM leaving
