"""Networks that break on purpose, the processes on both sides of them, and the books that show whether anything got lost."""
