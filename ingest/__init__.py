"""Live ingestion: fetches what publishers have printed and lands it, append-only, in the landing contract.

One module a source (what, from where, in which unit, when public); `run` goes through them, `landed` knows
what is there already, `client` speaks HTTP. State is what has landed: there is no other bookkeeping, so a
killed run continues.
"""
