"""OAuth2, as far as the shop's partners log in with it."""
