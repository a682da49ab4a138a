"""Bulk work is a query: Ibis expressions that run embedded on DuckDB and, unchanged, on Spark; and STIX patterns by the
million. Knows the foundation only. DuckDB, Ibis and Arrow are loaded where they are used: an idle node stays small.
"""
