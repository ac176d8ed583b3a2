-- How long PostgreSQL takes to rank a million rows by Hamming distance.
-- usage: Examples/search/with-postgresql psql --file Benchmarks/quantization/postgresql.sql
CREATE TABLE passage AS
SELECT id, ('x' || md5(id::text) || md5(id || 'a') || md5(id || 'b'))::bit(384) AS bits FROM generate_series(1, 1000000) AS id;
ANALYZE passage;
SELECT pg_size_pretty(pg_table_size('passage'));
SELECT bits AS question FROM passage WHERE id = 1 \gset
\timing on
SELECT id FROM passage ORDER BY bit_count(bits # :'question') LIMIT 5;
SELECT id FROM passage ORDER BY bit_count(bits # :'question') LIMIT 5;
SELECT id FROM passage ORDER BY bit_count(bits # :'question') LIMIT 5;
