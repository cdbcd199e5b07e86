"""A pseudo-terminal of our own for an agent: what its program shows, who looks on, and how it is typed into."""
