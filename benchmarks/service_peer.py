"""The peer of the service benchmark: receivables, credit, visits and complaints by one hand-written DuckDB script.

All as-of months at once over the same files, without history of registers, checks, lake or findings: what somebody would
write who wants the numbers and nothing else.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

_INPUTS = """
CREATE TABLE customers AS SELECT customer_id, salesperson_id, CAST(credit_limit AS DECIMAL(19, 4)) AS credit_limit,
       CAST(credit_limit_expires_on AS DATE) AS expires_on, CAST(payment_terms_days AS INTEGER) AS terms
FROM read_csv('{folder}/customers_*.csv', all_varchar = true);
CREATE TABLE sales AS SELECT order_id, customer_id, CAST(sold_on AS DATE) AS sold_on, CAST(net_amount AS DECIMAL(19, 4)) AS net
FROM read_csv('{folder}/sales.csv', all_varchar = true);
CREATE TABLE invoices AS SELECT invoice_id, customer_id, CAST(invoiced_on AS DATE) AS invoiced_on, CAST(amount AS DECIMAL(19, 4)) AS amount,
       coalesce(CAST(due_on AS DATE), CAST(invoiced_on AS DATE) + coalesce(terms, 30)) AS due_on, CAST(disputed AS BOOLEAN) AS disputed
FROM read_csv('{folder}/invoices.csv', all_varchar = true) LEFT JOIN customers USING (customer_id);
CREATE TABLE payments AS SELECT customer_id, invoice_id, CAST(paid_on AS DATE) AS paid_on, CAST(amount AS DECIMAL(19, 4)) AS amount
FROM read_csv('{folder}/payments.csv', all_varchar = true);

CREATE TABLE months AS
SELECT CAST(m AS INTEGER) AS month, printf('%d-%02d', m // 12, m % 12 + 1) AS as_of_month, last_day(make_date(m // 12, m % 12 + 1, 1)) AS as_of
FROM range(2023 * 12, 2025 * 12) t(m);
CREATE TABLE periods AS
SELECT month, as_of_month, as_of, period, make_date(starts // 12, starts % 12 + 1, 1) AS begins
FROM months, LATERAL (VALUES ('month', month), ('year_to_date', month - month % 12), ('trailing_12_months', month - 11)) v(period, starts);
CREATE MACRO tier_of(above, total) AS CASE WHEN 100 * above < 75 * total THEN 'A' WHEN 100 * above < 95 * total THEN 'B' ELSE 'C' END;
CREATE TABLE tiers AS
SELECT month, customer_id, CASE WHEN sales > 0 THEN tier_of(coalesce(above, 0), total) ELSE 'N' END AS tier
FROM (
  SELECT month, customer_id, sales, sum(sales) FILTER (sales > 0) OVER (PARTITION BY month) AS total,
         sum(CASE WHEN sales > 0 THEN sales END) OVER (PARTITION BY month ORDER BY sales DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS above
  FROM (SELECT month, customer_id, sum(net) AS sales FROM periods JOIN sales ON sold_on BETWEEN begins AND as_of WHERE period = 'trailing_12_months' GROUP BY ALL)
);
"""

_CREDIT = """
CREATE TABLE paid AS
SELECT month, invoice_id, sum(amount) AS paid FROM months JOIN payments ON paid_on <= as_of WHERE invoice_id IS NOT NULL GROUP BY ALL;
CREATE TABLE open_at AS
SELECT month, customer_id, disputed, as_of - due_on AS days, amount - coalesce(paid, 0) AS open
FROM months JOIN invoices ON invoiced_on <= as_of LEFT JOIN paid USING (month, invoice_id)
WHERE amount <> coalesce(paid, 0);
DROP TABLE paid;
CREATE TABLE nowhere AS
SELECT month, p.customer_id, sum(p.amount) AS amount
FROM months JOIN payments p ON paid_on <= as_of LEFT JOIN invoices i USING (invoice_id)
WHERE i.invoiced_on IS NULL OR i.invoiced_on > as_of GROUP BY ALL;
CREATE TABLE out.rpt_receivable_ageing AS
SELECT *, open_amount + unapplied_amount AS balance_amount, open_amount - not_due_amount AS overdue_amount,
       CASE WHEN open_amount > 0 THEN CAST(overdue_amount AS DOUBLE) / CAST(open_amount AS DOUBLE) END AS overdue_rate
FROM (
  SELECT as_of_month, customer_id, coalesce(open, 0) AS open_amount, coalesce(not_due, 0) AS not_due_amount, coalesce(d30, 0) AS overdue_1_30_amount,
         coalesce(d60, 0) AS overdue_31_60_amount, coalesce(d90, 0) AS overdue_61_90_amount, coalesce(d120, 0) AS overdue_91_120_amount,
         coalesce(older, 0) AS overdue_over_120_amount, coalesce(negative, 0) - coalesce(n.amount, 0) AS unapplied_amount,
         coalesce(disputed, 0) AS disputed_amount, oldest AS oldest_overdue_days
  FROM months JOIN (
    SELECT customer_id, min(day) AS first FROM (SELECT customer_id, invoiced_on AS day FROM invoices UNION ALL SELECT customer_id, paid_on FROM payments) GROUP BY ALL
  ) ON first <= as_of
  LEFT JOIN (
    SELECT month, customer_id, sum(open) FILTER (open > 0) AS open, sum(open) FILTER (open < 0) AS negative, sum(open) FILTER (open > 0 AND days <= 0) AS not_due,
           sum(open) FILTER (open > 0 AND days BETWEEN 1 AND 30) AS d30, sum(open) FILTER (open > 0 AND days BETWEEN 31 AND 60) AS d60,
           sum(open) FILTER (open > 0 AND days BETWEEN 61 AND 90) AS d90, sum(open) FILTER (open > 0 AND days BETWEEN 91 AND 120) AS d120,
           sum(open) FILTER (open > 0 AND days > 120) AS older, sum(open) FILTER (open > 0 AND disputed) AS disputed, max(days) FILTER (open > 0 AND days > 0) AS oldest
    FROM open_at GROUP BY ALL
  ) USING (month, customer_id) LEFT JOIN nowhere n USING (month, customer_id)
);

CREATE TABLE investigations AS
SELECT investigation_id, customer_id, CAST(investigated_on AS DATE) AS day, report_kind, rating FROM read_csv('{folder}/credit_investigations.csv', all_varchar = true);
CREATE TABLE investigated AS
SELECT month, customer_id, max(day) AS last_on, max(day) FILTER (report_kind IS NULL OR report_kind = 'written') AS report_on,
       arg_max(rating, (day, investigation_id)) FILTER (rating IS NOT NULL) AS rating
FROM months JOIN investigations ON day <= as_of GROUP BY ALL;
CREATE TABLE troubled AS
SELECT month, customer_id, bool_or(suspend_supply) AS suspends FROM months
JOIN read_csv('{folder}/incidents.csv') ON reported_on <= as_of AND (resolved_on IS NULL OR resolved_on > as_of) GROUP BY ALL;
CREATE TABLE billed AS
SELECT month, customer_id, sum(amount) AS amount FROM months JOIN invoices ON invoiced_on BETWEEN date_trunc('month', as_of) - INTERVAL 2 MONTH AND as_of GROUP BY ALL;
CREATE TABLE beyond AS
SELECT month, customer_id, sum(open) FILTER (days > 30) AS d30, sum(open) FILTER (days > 45) AS d45, sum(open) FILTER (days > 90) AS d90
FROM open_at WHERE open > 0 GROUP BY ALL;
CREATE TABLE out.rpt_customer_credit AS
SELECT as_of_month, customer_id, credit_limit, exposure AS exposure_amount, credit_limit - exposure AS headroom_amount, utilisation AS utilisation_rate,
       CASE WHEN billed > 0 THEN CAST(exposure AS DOUBLE) / CAST(billed AS DOUBLE) * (as_of - (date_trunc('month', as_of) - INTERVAL 2 MONTH)::DATE + 1) END AS dso_days,
       rating, last_on AS last_investigated_on, CASE WHEN wanted THEN due_on END AS report_due_on, status AS report_status,
       CASE WHEN d90 >= 1000 OR suspends THEN 'suspend_supply'
            WHEN exposure > credit_limit OR d30 >= 1000 OR (d45 >= 1000 AND CAST(d45 AS DOUBLE) / CAST(open_amount AS DOUBLE) > 0.4) OR rating = 'D' THEN 'hold_new_orders'
            WHEN suspends IS NOT NULL OR expires_on < as_of OR status IN ('overdue', 'never') OR utilisation >= 0.9 THEN 'watch' ELSE 'clear' END AS credit_status
FROM (
  SELECT *, CASE WHEN credit_limit > 0 THEN CAST(exposure AS DOUBLE) / CAST(credit_limit AS DOUBLE) END AS utilisation,
         coalesce(credit_limit, 0) > 0 OR exposure > 0 AS wanted,
         CASE WHEN NOT wanted THEN NULL WHEN due_on IS NULL THEN 'never' WHEN due_on < as_of THEN 'overdue' WHEN due_on <= as_of + 30 THEN 'due' ELSE 'current' END AS status
  FROM (
    SELECT m.*, c.*, coalesce(a.balance_amount, 0) AS exposure, a.open_amount, b.amount AS billed, d30, d45, d90, rating, last_on, suspends,
           CAST(report_on + to_months(CASE tier WHEN 'A' THEN 11 WHEN 'B' THEN 12 ELSE 13 END) AS DATE) AS due_on
    FROM months m CROSS JOIN customers c
    LEFT JOIN out.rpt_receivable_ageing a USING (as_of_month, customer_id) LEFT JOIN billed b USING (month, customer_id) LEFT JOIN beyond USING (month, customer_id)
    LEFT JOIN investigated USING (month, customer_id) LEFT JOIN troubled USING (month, customer_id) LEFT JOIN tiers USING (month, customer_id)
  )
);
DROP TABLE open_at;
"""

_VISITS = """
CREATE TABLE visits AS
SELECT salesperson_id, customer_id, visited_on, bool_or(outcome IN ('order', 'quotation', 'contract', 'collection')) AS by_outcome
FROM read_csv('{folder}/visits.csv') WHERE status = 'done' GROUP BY ALL;
CREATE TABLE bought AS
SELECT customer_id, visited_on, min(sold_on) AS sold_on
FROM (
  SELECT customer_id, visited_on, coalesce(lead(visited_on) OVER (PARTITION BY customer_id ORDER BY visited_on), DATE '9999-01-01') AS next_on
  FROM (SELECT DISTINCT customer_id, visited_on FROM visits)
) JOIN sales USING (customer_id)
WHERE net > 0 AND sold_on > visited_on AND sold_on <= visited_on + 30 AND sold_on <= next_on GROUP BY ALL;
CREATE TABLE visited AS
SELECT month, as_of, salesperson_id, customer_id, visited_on, coalesce(CASE WHEN by_outcome THEN true ELSE sold_on <= as_of END, false) AS effective,
       NOT effective AND visited_on + 30 > as_of AS pending
FROM months JOIN visits ON visited_on <= as_of LEFT JOIN bought USING (customer_id, visited_on);
CREATE TABLE pairs AS
SELECT v.month, v.salesperson_id, v.customer_id, max(visited_on) AS last_on, count(*) AS completed, count(*) FILTER (effective) AS effective, count(*) FILTER (pending) AS pending,
       greatest(max(visited_on) FILTER (effective), any_value(reinstated_on)) AS wiped_on
FROM visited v LEFT JOIN (
  SELECT month, salesperson_id, customer_id, max(reinstated_on) AS reinstated_on FROM months JOIN read_csv('{folder}/reinstatements.csv') ON reinstated_on <= as_of GROUP BY ALL
) r USING (month, salesperson_id, customer_id) GROUP BY ALL;
CREATE TABLE streaks AS
SELECT month, salesperson_id, customer_id, count(*) AS streak FROM visited JOIN pairs p USING (month, salesperson_id, customer_id)
WHERE NOT visited.effective AND NOT visited.pending AND (wiped_on IS NULL OR visited_on > wiped_on) GROUP BY ALL;
CREATE TABLE out.rpt_visit_plan AS
SELECT as_of_month, salesperson_id, customer_id, tier, stage, last_on AS last_visited_on, streak AS ineffective_streak, completed AS completed_count,
       effective AS effective_count, pending AS pending_count, action,
       CASE WHEN is_assigned AND action <> 'remove' THEN
         CASE WHEN last_on IS NULL THEN as_of + 1 ELSE CAST(last_on + to_months(CASE tier WHEN 'A' THEN 1 WHEN 'B' THEN 3 ELSE 6 END) AS DATE) END END AS next_visit_on
FROM (
  SELECT *, CASE WHEN streak < 5 THEN 'keep' WHEN stage = 'prospective' THEN 'remove' ELSE 'review' END AS action
  FROM (
    SELECT m.as_of, m.as_of_month, p.salesperson_id, p.customer_id, coalesce(tier, 'N') AS tier, last_on, coalesce(streak, 0) AS streak, coalesce(completed, 0) AS completed,
           coalesce(effective, 0) AS effective, coalesce(pending, 0) AS pending, c.salesperson_id IS NOT NULL AS is_assigned,
           CASE WHEN last_sold IS NULL THEN 'prospective' WHEN last_sold > as_of - 365 THEN 'current' ELSE 'past' END AS stage
    FROM (SELECT month, salesperson_id, customer_id FROM months CROSS JOIN customers UNION SELECT month, salesperson_id, customer_id FROM pairs) p
    JOIN months m USING (month) LEFT JOIN pairs USING (month, salesperson_id, customer_id) LEFT JOIN streaks USING (month, salesperson_id, customer_id)
    LEFT JOIN customers c ON c.customer_id = p.customer_id AND c.salesperson_id = p.salesperson_id
    LEFT JOIN tiers t ON t.month = p.month AND t.customer_id = p.customer_id
    LEFT JOIN (SELECT month, customer_id, max(sold_on) AS last_sold FROM months JOIN sales ON sold_on <= as_of WHERE net > 0 GROUP BY ALL) s ON s.month = p.month AND s.customer_id = p.customer_id
  )
);
DROP TABLE visited;
"""

_COMPLAINTS = """
CREATE TABLE complaints AS SELECT complaint_id, customer_id, received_at, category, subcategory FROM read_csv('{folder}/complaints.csv');
CREATE MACRO place(step) AS list_position(['recorded', 'judged', 'assigned', 'analysed', 'proposed', 'approved', 'implemented', 'summarised'], step);
CREATE TABLE events AS
SELECT *, coalesce(place(step), 0) AS number,
       coalesce(max(place(step)) OVER (PARTITION BY complaint_id, round ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
       coalesce(max(CASE WHEN step = 'approved' AND result IS DISTINCT FROM 'rejected' THEN 1 END) OVER (PARTITION BY complaint_id, round ORDER BY position), 0) AS approved
FROM (
  SELECT *, row_number() OVER w AS position, count(*) FILTER (step = 'reopened') OVER w AS round,
         epoch_us(occurred_at) - epoch_us(received_at) AS elapsed
  FROM read_csv('{folder}/complaint_events.csv') JOIN complaints USING (complaint_id)
  WINDOW w AS (PARTITION BY complaint_id ORDER BY occurred_at, sequence)
);
CREATE TABLE handled AS
SELECT month, complaint_id, max(round) AS reopen_count, arg_max(result, position) FILTER (step = 'judged' AND result IS NOT NULL) AS validity,
       arg_max(department, position) FILTER (step = 'assigned') AS department, max(round * 16 + greatest(number, before)) AS furthest,
       min(elapsed) FILTER (step = 'responded') AS responded, min(elapsed) FILTER (step = 'closed') AS first_closed, max(elapsed) FILTER (step = 'closed') AS last_closed,
       coalesce(arg_max(step, position) FILTER (step IN ('closed', 'reopened')) = 'closed', false) AS is_closed,
       bool_and(number = 0 OR number IN (before, before + 1)) AS steps_in_order, bool_or(step = 'implemented' AND approved = 0) AS implemented_unapproved
FROM months JOIN events ON occurred_at < as_of + 1 GROUP BY ALL;
CREATE TABLE out.rpt_complaint AS
SELECT as_of_month, complaint_id, customer_id, category, subcategory, received_at, coalesce(validity, 'undetermined') AS validity, department, coalesce(is_closed, false) AS is_closed,
       ['recorded', 'judged', 'assigned', 'analysed', 'proposed', 'approved', 'implemented', 'summarised'][nullif(furthest - 16 * reopen_count, 0)] AS current_step,
       responded / 3600000000 AS first_response_hours, first_closed / 3600000000 AS first_resolution_hours, CASE WHEN is_closed THEN last_closed / 3600000000 END AS full_resolution_hours,
       coalesce(reopen_count, 0) AS reopen_count, coalesce(steps_in_order, true) AS steps_in_order, coalesce(implemented_unapproved, false) AS implemented_unapproved,
       CASE WHEN coalesce(responded, epoch_us(CAST(as_of + 1 AS TIMESTAMP)) - epoch_us(received_at)) > 24 * 3600000000
              OR coalesce(first_closed, epoch_us(CAST(as_of + 1 AS TIMESTAMP)) - epoch_us(received_at)) > 240 * 3600000000 THEN 'breached'
            WHEN responded IS NOT NULL AND first_closed IS NOT NULL THEN 'met' ELSE 'open' END AS sla_status
FROM months JOIN complaints ON received_at < as_of + 1 LEFT JOIN handled USING (month, complaint_id)
WHERE received_at >= date_trunc('month', as_of) - INTERVAL 11 MONTH OR NOT coalesce(is_closed, false);
CREATE TABLE out.rpt_complaint_summary AS
SELECT *, nullif(valid_count + invalid_count, 0) AS judged, CAST(valid_count AS DOUBLE) / judged AS valid_rate,
       CAST(sla_met_count AS DOUBLE) / nullif(sla_met_count + sla_breached_count, 0) AS sla_rate, CAST(reopened_count AS DOUBLE) / nullif(ever_closed_count, 0) AS reopen_rate,
       CAST(valid_count * 10000 AS DOUBLE) / nullif(company_order_count, 0) AS per_10000_orders
FROM (
  SELECT as_of_month, period, category, subcategory, count(*) AS received_count, count(*) FILTER (validity = 'valid') AS valid_count,
         count(*) FILTER (validity = 'invalid') AS invalid_count, count(*) FILTER (validity = 'undetermined') AS undetermined_count,
         count(*) FILTER (NOT is_closed) AS open_count, median(first_response_hours) AS median_first_response_hours, median(first_resolution_hours) AS median_resolution_hours,
         count(*) FILTER (sla_status = 'met') AS sla_met_count, count(*) FILTER (sla_status = 'breached') AS sla_breached_count,
         count(first_resolution_hours) AS ever_closed_count, count(*) FILTER (reopen_count > 0) AS reopened_count, coalesce(any_value(order_count), 0) AS company_order_count
  FROM out.rpt_complaint JOIN periods USING (as_of_month)
  LEFT JOIN (SELECT month, period, count(DISTINCT order_id) AS order_count FROM periods JOIN sales ON sold_on BETWEEN begins AND as_of GROUP BY ALL) USING (month, period)
  WHERE received_at >= begins GROUP BY ALL
);
ALTER TABLE out.rpt_complaint_summary DROP COLUMN judged;
"""
SCRIPT = _INPUTS + _CREDIT + _VISITS + _COMPLAINTS


def run(folder: Path, target: Path) -> None:
    """Compute the tables of the files in `folder` into the DuckDB file `target`."""
    target.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"SET temp_directory = '{folder}/.duckdb'")
        connection.execute(f"ATTACH '{target}' AS out")
        connection.execute(SCRIPT.replace("{folder}", str(folder)))


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
