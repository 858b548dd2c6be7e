"""Long loads on the real service: what it can do, whether it holds that for long, and what it does beyond it."""
