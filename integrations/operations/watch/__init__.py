"""Rules that watch the hub and tell staff: what each sees is gathered, judged by a pure function, and told once."""
