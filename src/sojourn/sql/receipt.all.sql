SELECT site_id, receipt_number, lead_number, erased_at, event_count, session_count, identifier_count, is_done
FROM receipts FINAL
