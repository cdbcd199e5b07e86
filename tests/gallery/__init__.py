"""Pictures of the browser room in its main states, taken from a real room: `make pictures` puts them into docs/images/."""
