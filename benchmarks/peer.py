"""The peer: the same sales tables by one hand-written DuckDB script over the same files, CSV or Parquet.

All as-of months at once, no history of registers, no checks, no lake, no quarantine beyond dropping bad rows: what somebody
would write who wants the numbers and nothing else.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

# How a table is read from the files of a name: of CSV everything as text, since one broken row decides a column's type.
_READ = {
    ".csv": """read_csv('{folder}/' || name, all_varchar = true, quote = '"', filename = true)""",
    ".parquet": "read_parquet('{folder}/' || name, filename = true)",
}
INGESTION = """
CREATE TABLE customers AS SELECT * EXCLUDE (filename) FROM delivered_as('customers{ending}');
CREATE TABLE products AS
SELECT product_id, product_name, category, subcategory, CAST(list_price AS DECIMAL(18, 4)) AS list_price,
       CAST(standard_cost AS DECIMAL(18, 4)) AS standard_cost
FROM delivered_as('products{ending}');

-- Ledger: rows that parse, the newest delivery of each key.
CREATE TABLE delivered AS
SELECT filename AS file, nullif(trim(order_id), '') AS order_id, TRY_CAST(line_no AS BIGINT) AS line_no,
       TRY_CAST(sold_on AS DATE) AS sold_on, nullif(trim(customer_id), '') AS customer_id,
       nullif(trim(product_id), '') AS product_id, TRY_CAST(quantity AS DECIMAL(19, 4)) AS quantity,
       TRY_CAST(net_amount AS DECIMAL(19, 4)) AS net_amount, TRY_CAST(cost_amount AS DECIMAL(19, 4)) AS booked
FROM delivered_as('sales_*{ending}');
CREATE TABLE lines AS
SELECT d.* EXCLUDE (file), CAST(year(sold_on) * 12 + month(sold_on) - 1 AS INTEGER) AS fact_month,
       coalesce(booked, CAST(round(d.quantity * p.standard_cost, 4) AS DECIMAL(19, 4))) AS cost
FROM (
  SELECT * FROM delivered
  WHERE order_id IS NOT NULL AND line_no IS NOT NULL AND sold_on IS NOT NULL AND customer_id IS NOT NULL
    AND product_id IS NOT NULL AND quantity IS NOT NULL AND net_amount IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY order_id, line_no ORDER BY file DESC) = 1
) d LEFT JOIN products p USING (product_id);
DROP TABLE delivered;
-- The last stock of each month.
CREATE TABLE stock_month AS
SELECT product_id, CAST(year(day) * 12 + month(day) - 1 AS INTEGER) AS fact_month, arg_max(quantity, day) AS quantity
FROM (SELECT product_id, CAST(stock_on AS DATE) AS day, CAST(quantity AS DECIMAL(19, 4)) AS quantity FROM delivered_as('stock{ending}')) GROUP BY ALL;
"""
REPORTS = """
-- As-of months, their periods, and the months inside.
CREATE TABLE months AS
SELECT CAST(m AS INTEGER) AS month, printf('%d-%02d', m // 12, m % 12 + 1) AS as_of_month,
       last_day(make_date(m // 12, m % 12 + 1, 1)) AS as_of
FROM range((SELECT min(fact_month) FROM lines), (SELECT max(fact_month) + 1 FROM lines)) t(m);
CREATE TABLE periods AS
SELECT month, period, starts, CAST(month - starts + 1 AS INTEGER) AS length
FROM months, LATERAL (VALUES ('month', month), ('year_to_date', month - month % 12), ('trailing_12_months', month - 11)) v(period, starts);
CREATE TABLE windows AS
SELECT month, period, CAST(f AS INTEGER) AS fact_month FROM periods, LATERAL range(starts, month + 1) t(f);

-- Sums by month of sale.
CREATE TABLE customer_month AS
SELECT customer_id, fact_month, count(*) AS line_count, sum(net_amount) AS sales, sum(quantity) AS quantity, sum(cost) AS cost,
       count(*) FILTER (cost IS NULL) AS uncosted, min(sold_on) FILTER (net_amount > 0) AS first_on,
       max(sold_on) FILTER (net_amount > 0) AS last_on
FROM lines GROUP BY ALL;
CREATE TABLE product_month AS
SELECT product_id, fact_month, sum(net_amount) AS sales, sum(quantity) AS quantity, sum(cost) AS cost,
       count(*) FILTER (cost IS NULL) AS uncosted
FROM lines GROUP BY ALL;
CREATE TABLE pair_month AS
SELECT customer_id, product_id, fact_month, sum(net_amount) AS sales FROM lines GROUP BY ALL;
CREATE TABLE order_month AS
SELECT customer_id, order_id, fact_month, sum(net_amount) AS sales FROM lines GROUP BY ALL;

-- Sums by as-of month and period.
CREATE TABLE orders AS
SELECT month, period, customer_id, count(*) AS order_count, count(*) FILTER (sales > 0) AS positive_orders
FROM (
  SELECT month, period, customer_id, order_id, sum(sales) AS sales FROM order_month JOIN windows USING (fact_month) GROUP BY ALL
) GROUP BY ALL;
CREATE TABLE customer_period AS
SELECT month, period, customer_id, sum(sales) AS sales, sum(quantity) AS quantity, sum(cost) AS cost, sum(uncosted) AS uncosted,
       max(last_on) AS last_on, count(*) FILTER (first_on IS NOT NULL) AS active_months
FROM customer_month JOIN windows USING (fact_month) GROUP BY ALL;
CREATE TABLE history AS
SELECT month, customer_id, min(first_on) AS first_on, max(last_on) AS last_on
FROM customer_month JOIN months ON fact_month <= month GROUP BY ALL;

CREATE MACRO tier_of(above, total) AS CASE WHEN 100 * above < 75 * total THEN 'A' WHEN 100 * above < 95 * total THEN 'B' ELSE 'C' END;
CREATE TABLE ranked AS
SELECT *, CASE WHEN sales > 0 THEN tier_of(coalesce(above, 0), total) ELSE 'N' END AS tier
FROM (
  SELECT month, period, customer_id, sales,
         sum(CASE WHEN sales > 0 THEN sales END) OVER (PARTITION BY month, period) AS total,
         sum(CASE WHEN sales > 0 THEN sales END) OVER (PARTITION BY month, period ORDER BY sales DESC) AS upto,
         sum(CASE WHEN sales > 0 THEN sales END) OVER (PARTITION BY month, period ORDER BY sales DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS above,
         rank() OVER (PARTITION BY month, period ORDER BY sales DESC) AS place
  FROM customer_period
);
CREATE TABLE cuts AS
SELECT month, period, min(sales) FILTER (tier = 'A') AS cut_a, min(sales) FILTER (tier = 'B') AS cut_b FROM ranked GROUP BY ALL;
CREATE MACRO by_cuts(s, a, b) AS CASE WHEN s >= a THEN 'A' WHEN s >= b THEN 'B' WHEN s > 0 THEN 'C' ELSE 'N' END;
CREATE MACRO level_of(tier) AS CASE tier WHEN 'A' THEN 3 WHEN 'B' THEN 2 WHEN 'C' THEN 1 ELSE 0 END;
CREATE TABLE out.rpt_customer_abc AS
SELECT as_of_month, n.period, n.customer_id, n.sales AS sales_amount, n.tier, n.previous_tier,
       CASE WHEN n.sales > 0 THEN n.place END AS rank, CASE WHEN n.sales > 0 THEN CAST(n.sales AS DOUBLE) / CAST(n.total AS DOUBLE) END AS sales_share,
       CASE WHEN n.sales > 0 THEN CAST(n.upto AS DOUBLE) / CAST(n.total AS DOUBLE) END AS cumulative_share,
       CASE n.tier WHEN 'B' THEN c.cut_a - n.sales WHEN 'C' THEN coalesce(c.cut_b, c.cut_a) - n.sales END AS to_next_tier_amount,
       CASE WHEN level_of(n.tier) = level_of(n.previous_tier) THEN 'stay' WHEN level_of(n.previous_tier) = 0 THEN 'enter'
            WHEN level_of(n.tier) = 0 THEN 'exit' WHEN level_of(n.tier) > level_of(n.previous_tier) THEN 'up' ELSE 'down' END AS movement,
       CASE WHEN movement IN ('up', 'down') THEN
         CASE WHEN (by_cuts(n.sales, o.cut_a, o.cut_b) <> n.previous_tier) = (by_cuts(n.previous_sales, c.cut_a, c.cut_b) <> n.previous_tier) THEN 'both'
              WHEN by_cuts(n.sales, o.cut_a, o.cut_b) <> n.previous_tier THEN 'own_sales' ELSE 'threshold' END END AS movement_cause
FROM (
  SELECT coalesce(now.month, old.month + 1) AS month, coalesce(now.period, old.period) AS period,
         coalesce(now.customer_id, old.customer_id) AS customer_id, coalesce(now.sales, 0) AS sales, now.total, now.upto, now.place,
         coalesce(now.tier, 'N') AS tier, old.tier AS previous_tier, old.sales AS previous_sales, now.month IS NOT NULL AS sold
  FROM ranked now FULL JOIN ranked old ON old.month = now.month - 1 AND old.period = now.period AND old.customer_id = now.customer_id
) n JOIN months USING (month) LEFT JOIN cuts c ON c.month = n.month AND c.period = n.period
LEFT JOIN cuts o ON o.month = n.month - 1 AND o.period = n.period
WHERE n.sold OR n.previous_tier <> 'N';
CREATE TABLE out.rpt_concentration AS
SELECT as_of_month, period, count(*) AS customer_count, sum(sales) AS sales_amount,
       CAST(sum(sales) FILTER (tier = 'A') AS DOUBLE) / CAST(sum(sales) AS DOUBLE) AS key_account_share,
       CAST(sum(sales) FILTER (number <= 1) AS DOUBLE) / CAST(max(total) AS DOUBLE) AS cr1,
       CAST(sum(sales) FILTER (number <= 5) AS DOUBLE) / CAST(max(total) AS DOUBLE) AS cr5,
       CAST(sum(sales) FILTER (number <= 10) AS DOUBLE) / CAST(max(total) AS DOUBLE) AS cr10,
       sum(pow(CAST(sales AS DOUBLE) / CAST(total AS DOUBLE), 2)) FILTER (sales > 0) AS hhi
FROM (SELECT *, row_number() OVER (PARTITION BY month, period ORDER BY sales DESC) AS number FROM ranked)
JOIN months USING (month) GROUP BY ALL;

-- Classes and compositions.
CREATE TABLE classified AS
SELECT m.month, m.as_of_month, c.*, h.first_on, h.last_on,
       CASE WHEN h.last_on IS NULL THEN 'prospective' WHEN h.last_on > m.as_of - 365 THEN 'current' ELSE 'past' END AS stage,
       CASE WHEN h.first_on IS NULL THEN 'future' WHEN h.first_on > m.as_of - 365 THEN 'new' ELSE 'old' END AS seniority,
       CASE WHEN r.tier = 'A' OR (r.tier = 'B' AND c.market_position = 'leader') THEN 'major'
            WHEN r.tier IS NULL OR r.tier = 'N' OR (r.tier = 'C' AND p.active_months <= 3) THEN 'sporadic' ELSE 'general' END AS volume_class
FROM months m JOIN history known USING (month) JOIN customers c USING (customer_id)
LEFT JOIN history h ON h.month = m.month AND h.customer_id = c.customer_id
LEFT JOIN ranked r ON r.month = m.month AND r.customer_id = c.customer_id AND r.period = 'trailing_12_months'
LEFT JOIN customer_period p ON p.month = m.month AND p.customer_id = c.customer_id AND p.period = 'trailing_12_months';
CREATE TABLE out.rpt_customer_classification AS
SELECT as_of_month, customer_id, nature, stage, seniority, volume_class, first_on AS first_sold_on, last_on AS last_sold_on FROM classified;
CREATE TABLE classes AS
SELECT c.month, c.as_of_month, p.period, c.customer_id, c.nature, c.stage, c.seniority, c.volume_class, c.region, c.industry,
       c.salesperson_id AS salesperson, coalesce(r.tier, 'N') AS tier, coalesce(r.sales, 0) AS sales, r.month IS NOT NULL AS sold
FROM classified c JOIN periods p USING (month)
LEFT JOIN ranked r ON r.month = c.month AND r.period = p.period AND r.customer_id = c.customer_id;
CREATE TABLE long AS
UNPIVOT classes ON nature, stage, seniority, volume_class, region, industry, salesperson, tier INTO NAME dimension VALUE class;
CREATE TABLE class_sums AS
SELECT l.as_of_month, l.month, l.period, l.dimension, l.class, count(*) AS customer_count, sum(l.sales) AS sales_amount,
       sum(CASE WHEN r.tier = 'A' THEN l.sales ELSE 0 END) AS key_account_amount
FROM long l LEFT JOIN ranked r USING (month, period, customer_id) GROUP BY ALL;
CREATE TABLE company AS SELECT month, period, sum(sales) AS company FROM ranked GROUP BY ALL;
CREATE TABLE out.rpt_class_composition AS
SELECT as_of_month, period, dimension, class, customer_count, sales_amount, key_account_amount,
       CASE WHEN company > 0 THEN CAST(sales_amount AS DOUBLE) / CAST(company AS DOUBLE) END AS sales_share,
       CASE WHEN sales_amount > 0 THEN CAST(key_account_amount AS DOUBLE) / CAST(sales_amount AS DOUBLE) END AS key_account_share
FROM class_sums LEFT JOIN company USING (month, period);
CREATE TABLE out.rpt_customer_composition AS
SELECT * FROM (
  PIVOT (
    SELECT l.as_of_month, l.period, l.customer_id, l.sales AS sales_amount,
           CASE WHEN company > 0 THEN CAST(l.sales AS DOUBLE) / CAST(company AS DOUBLE) END AS share_in_company,
           'share_in_' || l.dimension AS name,
           CASE WHEN s.sales_amount > 0 THEN CAST(l.sales AS DOUBLE) / CAST(s.sales_amount AS DOUBLE) END AS share
    FROM long l JOIN class_sums s USING (month, period, dimension, class) JOIN company USING (month, period) WHERE l.sold
  ) ON name IN ('share_in_nature', 'share_in_stage', 'share_in_seniority', 'share_in_volume_class', 'share_in_region', 'share_in_industry', 'share_in_salesperson', 'share_in_tier')
  USING any_value(share) GROUP BY as_of_month, period, customer_id, sales_amount, share_in_company
);

-- Performance.
CREATE TABLE out.rpt_customer_performance AS
SELECT as_of_month, k.period, k.customer_id, coalesce(o.order_count, 0) AS order_count, coalesce(n.quantity, 0) AS quantity,
       coalesce(n.sales, 0) AS sales_amount,
       CASE WHEN coalesce(n.uncosted, 0) = 0 THEN coalesce(n.sales - n.cost, 0) END AS gross_profit_amount,
       CASE WHEN coalesce(n.uncosted, 0) = 0 AND n.sales > 0 THEN CAST(n.sales - n.cost AS DOUBLE) / CAST(n.sales AS DOUBLE) END AS gross_margin_rate,
       CASE WHEN company > 0 THEN CAST(coalesce(n.sales, 0) AS DOUBLE) / CAST(company AS DOUBLE) END AS share_of_company,
       coalesce(y.sales, 0) AS prior_year_amount,
       CASE WHEN y.sales > 0 THEN CAST(coalesce(n.sales, 0) - y.sales AS DOUBLE) / CAST(y.sales AS DOUBLE) END AS growth_rate
FROM (
  SELECT month, period, customer_id FROM customer_period UNION
  SELECT month + 12, period, customer_id FROM customer_period
) k JOIN months USING (month)
LEFT JOIN customer_period n ON n.month = k.month AND n.period = k.period AND n.customer_id = k.customer_id
LEFT JOIN customer_period y ON y.month = k.month - 12 AND y.period = k.period AND y.customer_id = k.customer_id
LEFT JOIN orders o ON o.month = k.month AND o.period = k.period AND o.customer_id = k.customer_id
LEFT JOIN company c ON c.month = k.month AND c.period = k.period;

-- Products.
CREATE TABLE product_period AS
SELECT month, period, product_id, sum(sales) AS sales, sum(quantity) AS quantity, sum(cost) AS cost, sum(uncosted) AS uncosted
FROM product_month JOIN windows USING (fact_month) GROUP BY ALL;
CREATE TABLE out.rpt_product_composition AS
SELECT as_of_month, period, product_id, sales AS sales_amount, CASE WHEN sales > 0 THEN place END AS rank,
       CASE WHEN sales > 0 THEN CAST(sales AS DOUBLE) / CAST(total AS DOUBLE) END AS sales_share,
       CASE WHEN sales > 0 THEN CAST(upto AS DOUBLE) / CAST(total AS DOUBLE) END AS cumulative_share,
       CASE WHEN sales > 0 THEN tier_of(coalesce(above, 0), total) ELSE 'N' END AS tier
FROM (
  SELECT month, period, product_id, sales,
         sum(CASE WHEN sales > 0 THEN sales END) OVER (PARTITION BY month, period) AS total,
         sum(CASE WHEN sales > 0 THEN sales END) OVER (PARTITION BY month, period ORDER BY sales DESC) AS upto,
         sum(CASE WHEN sales > 0 THEN sales END) OVER (PARTITION BY month, period ORDER BY sales DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS above,
         rank() OVER (PARTITION BY month, period ORDER BY sales DESC) AS place
  FROM product_period
) JOIN months USING (month);

-- Profitability: company, category, subcategory, product.
CREATE TABLE valued AS
SELECT product_id, fact_month, quantity, round(quantity * standard_cost, 4) AS at_cost, round(quantity * list_price, 4) AS at_retail
FROM stock_month JOIN products USING (product_id);
CREATE TABLE average AS
SELECT w.month, w.period, v.product_id,
       CASE WHEN count(*) = any_value(w.length) + 1 THEN 'month_ends' ELSE 'open_close' END AS basis,
       CASE WHEN basis = 'month_ends' THEN sum(at_cost) ELSE sum(at_cost) FILTER (at_end) END AS cost_sum,
       CASE WHEN basis = 'month_ends' THEN sum(at_retail) ELSE sum(at_retail) FILTER (at_end) END AS retail_sum,
       CASE WHEN basis = 'month_ends' THEN sum(quantity) ELSE sum(quantity) FILTER (at_end) END AS quantity_sum,
       CASE WHEN basis = 'month_ends' THEN count(*) ELSE 2 END AS n
FROM (
  SELECT p.*, v.*, v.fact_month IN (p.starts - 1, p.month) AS at_end FROM periods p JOIN valued v ON v.fact_month BETWEEN p.starts - 1 AND p.month
) v JOIN periods w USING (month, period) GROUP BY ALL HAVING count(*) FILTER (at_end) = 2;
CREATE TABLE by_product AS
SELECT month, period, product_id, coalesce(s.sales, 0) AS sales, coalesce(s.cost, 0) AS cost, coalesce(s.uncosted, 0) AS uncosted,
       coalesce(s.quantity, 0) AS quantity, a.cost_sum, a.retail_sum, a.quantity_sum, a.n, coalesce(a.basis, 'none') AS basis
FROM product_period s FULL JOIN average a USING (month, period, product_id);
CREATE TABLE levels AS
SELECT b.*, level, CASE level WHEN 'product' THEN product_id WHEN 'subcategory' THEN subcategory WHEN 'category' THEN category ELSE '*' END AS member_id
FROM by_product b LEFT JOIN products USING (product_id), (VALUES ('product'), ('subcategory'), ('category'), ('company')) l(level);
CREATE TABLE out.rpt_profitability AS
SELECT *, CAST(contribution_ratio AS DOUBLE) / sum(contribution_ratio) OVER (PARTITION BY as_of_month, period, level) AS contribution_degree
FROM (
  SELECT as_of_month, period, level, member_id, sum(sales) AS sales_amount, sum(l.cost) AS cost_amount,
         CASE WHEN sum(uncosted) = 0 THEN sum(sales) - sum(l.cost) END AS gross_profit_amount,
         CASE WHEN sum(sales) > 0 THEN CAST(sum(sales) - sum(l.cost) AS DOUBLE) / CAST(sum(sales) AS DOUBLE) END AS gross_margin_rate,
         CAST(sum(sales) FILTER (basis <> 'none') AS DOUBLE) / nullif(sum(CAST(retail_sum AS DOUBLE) / l.n), 0) AS turnover_retail,
         CAST(sum(l.cost) FILTER (basis <> 'none') AS DOUBLE) / nullif(sum(CAST(cost_sum AS DOUBLE) / l.n), 0) AS turnover_cost,
         CAST(sum(sales - l.cost) FILTER (basis <> 'none') AS DOUBLE) / nullif(sum(CAST(retail_sum AS DOUBLE) / l.n), 0) AS cross_ratio,
         CAST(sum(sales - l.cost) FILTER (basis <> 'none') AS DOUBLE) / nullif(sum(CAST(cost_sum AS DOUBLE) / l.n), 0) AS gmroi,
         CAST(sum(sales) AS DOUBLE) / CAST(any_value(company) AS DOUBLE) AS sales_share,
         CASE WHEN sum(sales) >= 0 THEN cross_ratio * sales_share END AS contribution_ratio,
         CAST(gross_profit_amount AS DOUBLE) / CAST(any_value(company) AS DOUBLE) AS margin_mix
  FROM levels l JOIN months USING (month) JOIN company USING (month, period) GROUP BY as_of_month, period, level, member_id
);

-- Potential.
CREATE TABLE pairs AS
SELECT w.month, customer_id, product_id, sum(sales) AS sales
FROM pair_month JOIN windows w USING (fact_month) WHERE w.period = 'trailing_12_months' GROUP BY ALL;
CREATE TABLE buyers AS
SELECT r.month, r.customer_id, c.nature, r.sales AS customer_sales FROM ranked r JOIN customers c USING (customer_id)
WHERE r.period = 'trailing_12_months' AND r.sales > 0;
CREATE TABLE peers AS
SELECT month, nature, count(*) AS peer_count, sum(customer_sales) AS peers_sales FROM buyers GROUP BY ALL;
CREATE TABLE peer_products AS
SELECT month, nature, product_id, sum(sales) AS product_sales, count(*) FILTER (sales > 0) AS buyer_count
FROM pairs JOIN buyers USING (month, customer_id) GROUP BY ALL;
CREATE TABLE candidates AS
SELECT b.month, b.customer_id, pp.product_id, coalesce(p.sales, 0) AS sales, b.customer_sales, pp.buyer_count / peer_count AS buyers_share,
       floor(CAST(10000 * product_sales AS DOUBLE) / CAST(10000 * peers_sales AS DOUBLE) * CAST(10000 * customer_sales AS DOUBLE) - CAST(10000 * coalesce(p.sales, 0) AS DOUBLE) + 0.5) / 10000 AS potential
FROM buyers b JOIN peer_products pp USING (month, nature) JOIN peers USING (month, nature)
LEFT JOIN pairs p ON p.month = b.month AND p.customer_id = b.customer_id AND p.product_id = pp.product_id
WHERE (p.sales > 0 OR pp.buyer_count / peer_count >= 0.2);
CREATE TABLE out.rpt_customer_product AS
SELECT as_of_month, customer_id, k.product_id, sales AS sales_amount, CAST(potential AS DECIMAL(19, 4)) AS potential_amount,
       CAST(potential AS DECIMAL(19, 4)) + sales AS expected_amount, CAST(sales AS DOUBLE) / CAST(customer_sales AS DOUBLE) AS share_of_customer,
       buyers_share, sales <= 0 AS is_white_space, rank_in_customer,
       rank() OVER (PARTITION BY k.month, k.product_id ORDER BY potential DESC) AS rank_in_product,
       CASE WHEN product_sales > 0 THEN CAST(sales AS DOUBLE) / CAST(product_sales AS DOUBLE) END AS share_of_product,
       CASE WHEN product_sales > 0 THEN share_of_customer / (CAST(product_sales AS DOUBLE) / CAST(company AS DOUBLE)) END AS potential_index
FROM (
  SELECT *, rank() OVER (PARTITION BY month, customer_id ORDER BY potential DESC) AS rank_in_customer
  FROM candidates WHERE potential > 0 QUALIFY rank_in_customer <= 10
) k JOIN months USING (month)
JOIN (SELECT month, product_id, sum(sales) AS product_sales FROM pairs GROUP BY ALL) p USING (month, product_id)
JOIN company c ON c.month = k.month AND c.period = 'trailing_12_months';

-- RFM and grade.
CREATE TABLE scored AS
SELECT p.month, p.customer_id, p.sales, o.positive_orders, m.as_of - p.last_on AS recency,
       1 + 5 * (rank() OVER (PARTITION BY p.month ORDER BY p.last_on) - 1) // count(*) OVER (PARTITION BY p.month) AS r_score,
       1 + 5 * (rank() OVER (PARTITION BY p.month ORDER BY o.positive_orders) - 1) // count(*) OVER (PARTITION BY p.month) AS f_score,
       1 + 5 * (rank() OVER (PARTITION BY p.month ORDER BY p.sales) - 1) // count(*) OVER (PARTITION BY p.month) AS m_score
FROM customer_period p JOIN orders o USING (month, period, customer_id) JOIN months m USING (month)
WHERE p.period = 'trailing_12_months' AND p.sales > 0;
CREATE TABLE out.rpt_rfm AS
SELECT as_of_month, customer_id, recency AS recency_days, positive_orders AS frequency, s.sales AS monetary_amount, r_score, f_score, m_score,
       CASE WHEN r_score >= 4 AND f_score >= 4 AND m_score >= 4 THEN 'champion' WHEN f_score >= 4 THEN 'loyal'
            WHEN r_score >= 4 AND c.seniority = 'new' THEN 'new' WHEN r_score <= 2 AND f_score >= 3 THEN 'at_risk'
            WHEN r_score = 1 THEN 'lost' ELSE 'regular' END AS segment
FROM scored s JOIN classified c USING (month, customer_id);
CREATE TABLE grades AS
SELECT month, customer_id, sales_score, margin_score, growth_score,
       (40 * sales_score + 20 * coalesce(margin_score, 0) + 10 * coalesce(growth_score, 0))
       / (40 + CASE WHEN margin_score IS NULL THEN 0 ELSE 20 END + CASE WHEN growth_score IS NULL THEN 0 ELSE 10 END) AS total_score
FROM (
  SELECT *, 100 * (rank() OVER (PARTITION BY month ORDER BY sales) - 1) / (count(*) OVER (PARTITION BY month) - 1) AS sales_score,
         CASE WHEN profit IS NOT NULL THEN 100 * (rank() OVER (PARTITION BY month, profit IS NULL ORDER BY profit) - 1) / (count(*) OVER (PARTITION BY month, profit IS NULL) - 1) END AS margin_score,
         CASE WHEN growth IS NOT NULL THEN 100 * (rank() OVER (PARTITION BY month, growth IS NULL ORDER BY growth) - 1) / (count(*) OVER (PARTITION BY month, growth IS NULL) - 1) END AS growth_score
  FROM (
    SELECT p.month, p.customer_id, p.sales, CASE WHEN p.uncosted = 0 THEN p.sales - p.cost END AS profit,
           CASE WHEN y.sales > 0 THEN CAST(p.sales - y.sales AS DOUBLE) / CAST(y.sales AS DOUBLE) END AS growth
    FROM customer_period p LEFT JOIN customer_period y ON y.month = p.month - 12 AND y.period = p.period AND y.customer_id = p.customer_id
    WHERE p.period = 'trailing_12_months' AND p.sales > 0
  )
);
CREATE TABLE out.rpt_customer_grade AS
SELECT as_of_month, g.customer_id, g.sales_score, g.margin_score, g.growth_score, g.total_score,
       CASE WHEN g.total_score >= 75 THEN 'A' WHEN g.total_score >= 50 THEN 'B' ELSE 'C' END AS grade,
       CASE WHEN b.total_score >= 75 THEN 'A' WHEN b.total_score >= 50 THEN 'B' WHEN b.total_score IS NOT NULL THEN 'C' END AS previous_grade
FROM grades g JOIN months USING (month) LEFT JOIN grades b ON b.month = g.month - 1 AND b.customer_id = g.customer_id;
"""


def run(folder: Path, target: Path) -> dict[str, float]:
    """Compute the tables of the files in `folder` into the DuckDB file `target`. Returns the seconds of both parts."""
    target.unlink(missing_ok=True)
    ending = next(folder.glob("sales_*")).suffix
    seconds = {}
    with duckdb.connect() as connection:
        connection.execute(f"SET temp_directory = '{folder}/.duckdb'")
        connection.execute(f"ATTACH '{target}' AS out")
        read = _READ[ending].replace("{folder}", str(folder))
        connection.execute(f"CREATE MACRO delivered_as(name) AS TABLE FROM {read}")
        for part, script in {"ingestion": INGESTION, "reports": REPORTS}.items():
            began = time.perf_counter()
            connection.execute(script.replace("{ending}", ending))
            seconds[part] = time.perf_counter() - began
    return seconds


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), Path(sys.argv[2]))))
