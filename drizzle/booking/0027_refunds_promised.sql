-- What was asked to be given back of each payment before this was added up.
UPDATE booking_payments AS p SET promised = back.amount
  FROM (SELECT payment_id, sum(amount) AS amount FROM booking_refunds GROUP BY payment_id) AS back
 WHERE back.payment_id = p.payment_id;
