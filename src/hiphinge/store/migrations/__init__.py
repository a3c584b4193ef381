"""The steps from one shape of the database to the next, for SQLite and PostgreSQL alike.

A step that rebuilds ``events`` in SQLite makes its append-only trigger again.
"""
