"""What became of a message: whom it is for, what was seen of it there, and what is still to be answered."""
