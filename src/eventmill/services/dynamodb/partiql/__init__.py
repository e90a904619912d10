"""PartiQL: statements over tables, translated into the other operations and their expressions.

grammar.parse(text) → a statement (nodes)
reads               SELECT as queries and scans
writes              INSERT, UPDATE, DELETE and EXISTS as entries of transactions
operations          ExecuteStatement, BatchExecuteStatement, ExecuteTransaction
"""
