"""The rules of the mapping, pure: an order as fetched, parameters, mapping rows, Pace's lists and the clock in;
a plan with lineage out. Nothing here knows of a database, a network or the present time (`make lint` checks it)."""
