"""Where personal data lies: how each store is searched, and how one person leaves it."""
